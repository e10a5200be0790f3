"""Package ids: dotted, lower case, two or more segments (`io.ggen.rust.axum`)."""

import re
from dataclasses import dataclass

from marketplace.errors import InvalidInputError

MAX_SEGMENT = 64
MAX_ID = 200
_SEGMENT = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
_HINT = "use two or more dotted segments of a-z, 0-9 and inner hyphens, such as io.ggen.rust.axum"

WINDOWS_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
)
"""Device names that Windows reserves whatever the extension (Microsoft, "Naming Files, Paths, and Namespaces")."""


@dataclass(frozen=True, slots=True, order=True)
class PackageId:
    """The name of a package; compared and sorted as text.

    Build one with `parse`; the constructor trusts its caller.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> "PackageId":
        """Check `text` and return it as an id.

        Raises:
            InvalidInputError: `invalid-package-id`, naming the rule that is broken.
        """
        problem = _problem(text)
        if problem:
            shown = text if len(text) <= MAX_ID else text[:MAX_ID] + "…"
            raise InvalidInputError("invalid-package-id", f"{shown!r} is not a package id: {problem}", hint=_HINT)
        return cls(text)

    @property
    def namespace(self) -> str:
        """All segments but the last: `io.ggen.rust`."""
        return self.text.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The last segment: `axum`."""
        return self.text.rpartition(".")[2]

    def __str__(self) -> str:
        return self.text


def _problem(text: str) -> str | None:
    if len(text) > MAX_ID:
        return f"it is longer than {MAX_ID} characters"
    segments = text.split(".")
    if len(segments) < 2:
        return "it needs a namespace and a name"
    for segment in segments:
        if len(segment) > MAX_SEGMENT:
            return f"segment {segment[:16]}… is longer than {MAX_SEGMENT} characters"
        if not _SEGMENT.fullmatch(segment):
            return f"segment {segment!r} has other characters than a-z, 0-9 and inner hyphens"
        if segment in WINDOWS_RESERVED:
            return f"segment {segment!r} is a reserved name on Windows"
    return None
