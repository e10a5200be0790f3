"""Characters that make a text look other than it is (CVE-2021-42574): no template needs them."""

import unicodedata
from collections.abc import Iterator

from marketplace.plugins.hooks import Finding, Package, hookimpl

_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u00ad\u200b\u2060\ufeff")


@hookimpl
def scan_package(package: Package) -> Iterator[Finding]:
    for file in package.files:
        try:
            text = package.read(file.path).decode("utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a font
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            for character in sorted(set(line) & (_REORDERING | _INVISIBLE)):
                level = "error" if character in _REORDERING else "warning"
                yield Finding(level, file.path, f"line {number} has {unicodedata.name(character)}")
