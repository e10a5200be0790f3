"""Pages as somebody without scripts sees them: parsed strictly, with their links, headings and texts."""

from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from support.centralized.exchange import Answer
from support.centralized.servers import Server
from support.cleanroom.deadline import Deadline
from support.market.packages import publish
from support.market.world import World

_SOON = 60.0
_VOID = frozenset({"meta", "link", "input", "br", "hr"})
_README = frozenset({
    "h3", "h4", "h5", "h6", "p", "a", "code", "pre", "em", "strong", "s", "ul", "ol", "li", "blockquote", "br", "hr",
    "table", "thead", "tbody", "tr", "th", "td",
})  # fmt: skip
"""What a README may be made of."""
_ATTRIBUTES = {"a": {"href", "rel", "title"}, "code": {"class"}, "ol": {"start"}, "th": {"style"}, "td": {"style"}}
_HIDDEN = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class Page(HTMLParser):
    """A parsed page. AssertionError when its elements are not closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, dict[str, str]]] = []
        self.headings: list[tuple[str, str]] = []
        self.elements: list[tuple[str, dict[str, str], bool]] = []
        self.titles: list[str] = []
        self.text = ""
        self._open: list[tuple[str, dict[str, str], int]] = []
        self.feed(text)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given, any(name == "article" for name, _, _ in self._open)))
        if tag not in _VOID:
            self._open.append((tag, given, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        assert self._open and self._open[-1][0] == tag, f"</{tag}> closes {self._open[-1:]}"
        _, given, start = self._open.pop()
        told = " ".join(self.text[start:].split())
        if tag == "a":
            self.links.append((told, given))
        elif tag == "title" and self._open[-1][0] == "head":
            self.titles.append(told)
        elif tag in ("h1", "h2", "h3"):
            self.headings.append((tag, told))

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.text += data

    def link(self, text: str) -> dict[str, str]:
        """Return the attributes of the first link with a text."""
        return next(given for told, given in self.links if told == text)

    def attributes_of(self, name: str) -> list[dict[str, str]]:
        """Return the attributes of each element of a name."""
        return [given for tag, given, _ in self.elements if tag == name]


class Browser:
    """Looks at the pages of a server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.path = "/"
        self.answer: Answer
        self.page: Page
        self.look("/")

    def look(self, path: str) -> None:
        """Go to a page."""
        self.path, self.answer = path, self.server.ask(path)
        self.page = Page(self.answer.body.decode("utf-8"))

    def look_again(self) -> None:
        """Ask for the same page with its tag."""
        self.answer = self.server.ask(self.path, if_none_match=self.answer.headers["etag"])

    def until(self, text: str) -> bool:
        """Look at the same page again until it says something; return whether it does."""

        def says() -> bool:
            self.look(self.path)
            return text in " ".join(self.page.text.split())

        return bool(Deadline.after(_SOON).poll(says))

    def search(self, words: str) -> None:
        """Fill the form in and send it."""
        (form,) = self.page.attributes_of("form")
        (field,) = self.page.attributes_of("input")
        self.look(f"{form['action']}?{field['name']}={quote(words)}")

    def follow(self, text: str) -> None:
        """Follow the first link with a text."""
        self.look(urljoin(self.path, self.page.link(text)["href"]))

    def crawl(self) -> Mapping[str, tuple[Answer, Page]]:
        """Follow every link of the registry's own, from the first page on."""
        found: dict[str, tuple[Answer, Page]] = {}
        waiting = ["/"]
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            self.look(path)
            found[path] = self.answer, self.page
            targets = [urljoin(path, given["href"]) for _, given in self.page.links]
            waiting += [t for t in targets if not urlsplit(t).netloc and not t.endswith(".json") and "#" not in t]
        return found


def unsafe(page: Page) -> list[str]:
    """Return what of the README on a page is more than text, tables, code and links to the web."""
    found = []
    for tag, given, is_inside in page.elements:
        if not is_inside:
            continue
        more = given.keys() - _ATTRIBUTES.get(tag, set())
        is_elsewhere = tag == "a" and urlsplit(given["href"]).scheme not in ("http", "https", "mailto")
        if tag not in _README or more or is_elsewhere:
            found.append(f"{tag} {given}")
    return found + [f"{ord(character):x}" for character in _HIDDEN if character in page.text]


def publish_trying(world: World, rows: Iterable[Mapping[str, Any]]) -> None:
    """Publish a package whose README has the `markdown` of each row."""
    texts = [f"## {row['what']}\n\n{row['markdown'].encode().decode('unicode_escape')}\n" for row in rows]
    publish(world, "io.evil.readme", "1.0.0", readme="\n".join(["# Hello", *texts]))
