"""What is indexed of a package, and how its text is cut into terms."""

import re
from typing import TYPE_CHECKING

from marketplace.search.base import SearchDocument

if TYPE_CHECKING:
    import tantivy

SCHEMA_VERSION = 1
"""Raised with every change of the fields or tokenizers: an older view is rebuilt."""

TEXT_FIELDS = ("title", "description", "tags", "keywords")
RAW_FIELDS = ("category_raw", "license_raw", "author_raw", "tag_raw", "keyword_raw")
_SEPARATORS = re.compile(r"[^0-9a-z]+")


def make_schema() -> "tantivy.Schema":
    """Return the schema: `id` whole, `name` whole, `parts` (the words of the id), stemmed texts, raw filter fields."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("name", tokenizer_name="raw")
    builder.add_text_field("parts", tokenizer_name="words")
    for field in TEXT_FIELDS:
        builder.add_text_field(field, tokenizer_name="stemmed")
    for field in RAW_FIELDS:
        builder.add_text_field(field, tokenizer_name="raw", fast=True)
    builder.add_integer_field("downloads", indexed=True, fast=True)
    return builder.build()


def register_tokenizers(index: "tantivy.Index") -> None:
    """Register the tokenizers of the schema: tantivy wants them at every opening."""
    import tantivy

    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    index.register_tokenizer("words", words.build())
    stemmed = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    index.register_tokenizer("stemmed", stemmed.filter(tantivy.Filter.stemmer("english")).build())


def to_document(document: SearchDocument) -> "tantivy.Document":
    """Return what is indexed of `document`."""
    import tantivy

    return tantivy.Document(
        id=document.id, name=document.id.rpartition(".")[2], parts=" ".join(split(document.id)),
        title=document.title, description=document.description,
        tags=" ".join(document.tags), keywords=" ".join(document.keywords),
        category_raw=[document.category.lower()], license_raw=[document.license],
        author_raw=[author.lower() for author in document.authors], tag_raw=[tag.lower() for tag in document.tags],
        keyword_raw=[keyword.lower() for keyword in document.keywords], downloads=document.downloads,
    )  # fmt: skip


def split(text: str) -> list[str]:
    """Return the lower-case words of an id or a query."""
    return [word for word in _SEPARATORS.split(text.lower()) if word]
