"""Links between a package's Markdown files must lead to files of the package."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from marketplace.plugins.hooks import Finding, Package, hookimpl

_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)>\s]+)")


@hookimpl
def validate_package(package: Package) -> Iterator[Finding]:
    there = {file.path for file in package.files}
    for path in sorted(path for path in there if path.endswith(".md")):
        for target in _LINK.findall(package.read(path).decode("utf-8", errors="replace")):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or not parts.path:
                continue  # another site, or a heading of the same page
            named = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path)))
            if named.startswith(("../", "/")):
                yield Finding("error", path, f"the link {target} leads out of the package")
            elif named not in there and not any(file.startswith(f"{named}/") for file in there):
                yield Finding("error", path, f"the link {target} leads to no file of the package")
