"""READMEs as HTML that is safe by construction: nothing of theirs is HTML, and nothing is loaded from elsewhere."""

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_CHARACTERS = 256 * 1024
"""What comes after is left out: a page is no place for a book."""

_LINK = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)
_HIDDEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What reverses the order of letters (Trojan Source, CVE-2021-42574): a command to copy must be what it looks like."""

_TOP = 3
"""The level of a README's first heading on the page, below the page's own."""


def render(text: str) -> str:
    """Return a README as HTML. Links that lead elsewhere than to http, https or mailto are text, pictures are links."""
    markdown = _markdown()
    tokens = markdown.parse(_HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text[:MAX_CHARACTERS]))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + _TOP - 1, 6)}"
        token.children = [made for child in token.children or () for made in _inline(child)]
    return str(markdown.renderer.render(tokens, markdown.options, {}))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.validateLink = lambda url: bool(_LINK.fullmatch(url))  # type: ignore[method-assign]
    return markdown


def _inline(token: Token) -> Iterator[Token]:
    """Yield what stands for a part of a line: a picture is a link, since loading it would tell who reads the page."""
    if token.type == "image":
        yield _private(Token("link_open", "a", 1, attrs={"href": token.attrs.get("src", "")}))
        yield Token("text", "", 0, content=f"[{token.content or 'picture'}]")
        yield Token("link_close", "a", -1)
    else:
        yield _private(token) if token.type == "link_open" else token


def _private(link: Token) -> Token:
    """Let a link tell nobody where its reader comes from, and no search engine that it counts."""
    link.attrSet("rel", "nofollow noopener noreferrer")
    return link
