"""SemVer 2.0 versions: parsed by the `semver` library, with the precedence key kept because sorting is hot."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from marketplace.errors import InvalidInputError

MAX_LENGTH = 256
"""Longest version accepted, as npm's node-semver has it."""

_MAX_NUMBER = 2**53 - 1
"""Largest number in a version (node-semver's limit too): canonical JSON and other languages hold it exactly."""

_PreKey = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Version:
    """A version: ordered by SemVer precedence, in which build metadata does not count.

    `a == b` compares the whole text, build metadata included; `a.precedence == b.precedence` does not.
    A registry holds at most one release per precedence.
    """

    text: str
    major: int = field(compare=False)
    minor: int = field(compare=False)
    patch: int = field(compare=False)
    prerelease: tuple[str, ...] = field(compare=False)
    build: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Check `text` against SemVer 2.0 and return it.

        Raises:
            InvalidInputError: `invalid-version`.
        """
        return _parsed(text)

    @property
    def triple(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        return (self.major, self.minor, self.patch)

    @cached_property
    def precedence(self) -> tuple[int, int, int, int, _PreKey]:
        """A key that sorts as SemVer 2.0 section 11 says: a pre-release comes before its release."""
        identifiers = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.prerelease)
        return (*self.triple, 0 if self.prerelease else 1, identifiers)

    def __lt__(self, other: "Version") -> bool:
        return self.precedence < other.precedence

    def __le__(self, other: "Version") -> bool:
        return self.precedence <= other.precedence

    def __gt__(self, other: "Version") -> bool:
        return self.precedence > other.precedence

    def __ge__(self, other: "Version") -> bool:
        return self.precedence >= other.precedence

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Version:
    """Read a version; a lock or a registry has the same few again and again."""
    import semver

    try:
        parsed = semver.Version.parse(text) if len(text) <= MAX_LENGTH else None
    except ValueError:
        parsed = None
    if parsed is None or max(parsed.major, parsed.minor, parsed.patch) > _MAX_NUMBER:
        raise InvalidInputError(
            "invalid-version",
            f"{text[:MAX_LENGTH]!r} is not a SemVer 2.0 version",
            hint="write major.minor.patch with an optional -pre.release and +build, such as 1.4.0-rc.1",
        )
    pre = tuple(parsed.prerelease.split(".")) if parsed.prerelease else ()
    return Version(text, parsed.major, parsed.minor, parsed.patch, pre, parsed.build or "")
