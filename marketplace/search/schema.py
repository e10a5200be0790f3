"""What is indexed of a package, and how text is cut into terms.

Two families of fields: those that rank (whole names as single terms, words of the id, stemmed texts), and those that
filter, count and sort (lower-case terms and fast columns). Display data is not kept here: it is read from the source.
"""

import math
import re
from functools import cache
from typing import TYPE_CHECKING

from marketplace.search.base import FACETS, SearchDocument

if TYPE_CHECKING:
    import tantivy

SCHEMA_VERSION = 3
"""Raised with every change of the fields or tokenizers: an older stored index is rebuilt."""

TEXT_BOOSTS = {"id_words": 1.2, "title": 1.2, "tags": 1.2, "keywords": 1.2, "description": 1.0, "other": 0.5}
"""Stemmed text fields and how much a word there weighs. `other` is category, licence and authors."""

FILTERS = ("category", "license", "author", "keyword", "tag")
"""Filters; the field `is_<filter>` holds their values, case-folded."""

_TERM_FIELDS = ("name", "called", "forms", "spaces", *(f"is_{name}" for name in FILTERS))
_COMPOUND = re.compile(r"\b[^\W\d_]+(?:-[^\W\d_]+)+\b")
_GAP = "-"
"""A value without a word: tantivy leaves a place between values, and two are needed so that neighbours with a word
between them are not found across the end of a field."""
_QUALITIES = 128
"""More than there are qualities: 0 to 100, and unknown."""
_MOST_DOWNLOADS = 2**48
_DIGITS = 14
"""Digits of a time to the second."""
_TRACE = 0.0007
"""What full quality adds to the factor of relevance: 2x³ of four downloads."""
_MAX_FORM = 64
"""Longest title that is also indexed as one name: nobody types a longer one."""


def make_schema() -> "tantivy.Schema":
    """Return the schema.

    `name`, `called`, `forms`, `spaces`: the last segment, the title, the other names a package answers to, the
    namespaces it is in, each as one term. `parts`: the words of the id. `all`: every text, stemmed, for matching;
    `words`: the same unstemmed, for typing errors. `weight`: downloads, and by a trace quality, as
    `search(weight_by_field=…)` wants them. `by_…`: an order each, in which quality or downloads decide between equals.
    """
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    for field in _TERM_FIELDS:
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in ("parts", "words"):
        builder.add_text_field(field, tokenizer_name="plain", index_option="basic")
    for field in ("all", *TEXT_BOOSTS):
        option = "position" if field == "all" else "basic"
        builder.add_text_field(field, tokenizer_name="stemmed", index_option=option)
    for field in FACETS:
        builder.add_text_field(field, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("downloads", indexed=True, fast=True)
    for field in ("by_downloads", "by_updated", "by_quality"):
        builder.add_integer_field(field, indexed=False, fast=True)
    builder.add_float_field("weight", fast=True)
    return builder.build()


@cache
def plain_analyzer() -> "tantivy.TextAnalyzer":
    """Return the analyzer that cuts at everything but letters and digits, lower-cases and drops accents."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()


@cache
def stem_analyzer() -> "tantivy.TextAnalyzer":
    """Return `plain_analyzer` with English stemming (Snowball)."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold())
    return builder.filter(tantivy.Filter.stemmer("english")).build()


def open_index(path: str | None) -> "tantivy.Index":
    """Open or create the index in the folder `path`, or one in memory; its tokenizers are registered.

    Documents lie in the order of their ids in each segment, so that equal keys come out in that order.
    """
    import tantivy

    schema = make_schema()
    index = tantivy.Index(schema, path=path, sort_by_field="id") if path else tantivy.Index(schema, sort_by_field="id")
    # Who has it open says when it is looked at: the library would twice a second, and lock a file in the folder for it.
    index.config_reader("manual")
    index.register_tokenizer("plain", plain_analyzer())
    index.register_tokenizer("stemmed", stem_analyzer())
    return index


def clean(text: str) -> str:
    """Return `text` without what UTF-8 cannot hold (lone surrogates, from undecodable arguments)."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def split(text: str) -> list[str]:
    """Return the words of a text as they are indexed, unstemmed."""
    return list(plain_analyzer().analyze(clean(text)))


def key_of(text: str) -> str:
    """Return a name in the one form in which names are compared: its words joined by hyphens."""
    return "-".join(split(text))


def to_document(document: SearchDocument) -> "tantivy.Document":
    """Return what is indexed of `document`."""
    import tantivy

    words = " ".join(split(document.id))
    texts = {
        "id_words": words, "title": document.title, "tags": " ".join(document.tags),
        "keywords": " ".join(document.keywords), "description": document.description,
        "other": " ".join((document.category, document.license, *document.authors)),
    }  # fmt: skip
    texts = {field: _with_compounds(clean(text)) for field, text in texts.items()}
    everything = [value for text in texts.values() if text for value in (text, _GAP)]
    return tantivy.Document(
        id=document.id, parts=words, words=everything, all=everything, **texts, **_names(document),
        **_filters(document), **_facets(document), **_orders(document), downloads=document.downloads,
        weight=_weight(document.downloads, document.quality or 0),
    )  # fmt: skip


def _with_compounds(text: str) -> str:
    """Return `text` and its hyphenated words written as one: who types `email` means `e-mail` too."""
    compounds = [found.replace("-", "") for found in _COMPOUND.findall(text)]
    return f"{text}\n{' '.join(compounds)}" if compounds else text


def _names(document: SearchDocument) -> dict[str, list[str]]:
    segments = document.id.split(".")
    count = len(segments)
    suffixes = [key_of(".".join(segments[start:])) for start in range(count - 1)]
    name = key_of(segments[-1])
    title = key_of(document.title) if len(document.title) <= _MAX_FORM else ""
    forms = {*suffixes, title, name.replace("-", ""), title.replace("-", "")}
    spaces = {
        key_of(".".join(segments[start:end])) for start in range(count - 1) for end in range(start + 1, count)
    }  # fmt: skip
    return {
        "name": [name],
        "called": [title] if title else [],
        "forms": sorted(forms - {"", name}),
        "spaces": sorted(spaces),
    }


def _filters(document: SearchDocument) -> dict[str, list[str]]:
    names = [author.partition(" <")[0] for author in document.authors]
    values = {
        "category": (document.category,), "license": (document.license,), "author": (*document.authors, *names),
        "keyword": document.keywords, "tag": document.tags,
    }  # fmt: skip
    return {f"is_{name}": sorted({filter_term(value) for value in values[name] if value}) for name in FILTERS}


def filter_term(value: str) -> str:
    """Return the form in which a filter's value is compared: without regard to case and outer blanks."""
    return clean(value.strip().casefold())


def _facets(document: SearchDocument) -> dict[str, list[str]]:
    values = {
        "category": (document.category,), "license": (document.license,), "author": document.authors,
        "tag": document.tags,
    }  # fmt: skip
    return {facet: list({filter_term(value): clean(value) for value in values[facet] if value}.values())
            for facet in FACETS}  # fmt: skip


def _orders(document: SearchDocument) -> dict[str, int]:
    """Return the numbers by which hits are ordered; an unknown quality comes after every known one."""
    quality = 0 if document.quality is None else document.quality + 1
    downloads = min(document.downloads, _MOST_DOWNLOADS)
    updated = int("".join(filter(str.isdigit, document.updated_at))[:_DIGITS] or 0)
    return {
        "by_downloads": downloads * _QUALITIES + quality,
        "by_updated": updated * _QUALITIES + quality,
        "by_quality": quality * (_MOST_DOWNLOADS + 1) + downloads,
    }


def _weight(downloads: int, quality: int) -> float:
    """Return the `v` for which tantivy's factor log2(2 + v) is the one wanted.

    It is 1 + 2x³ with x the logarithm of the downloads, 1 for ten thousand million: between the packages of a young
    registry it only decides what is otherwise equal (a thousand downloads give 1.05), and it reaches 3 at most. Full
    quality counts as much as four downloads: it decides between those that nothing else tells apart.
    """
    share = min(math.log10(1 + max(downloads, 0)), 10) / 10
    factor = 1 + 2 * share**3 + _TRACE * quality / 100
    return float(2 ** min(factor, 3) - 2)
