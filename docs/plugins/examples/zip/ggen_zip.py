"""A registry in a zip file: zip:///media/usb/mirror.zip has what `ggen market mirror` wrote, packed."""

import functools
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from marketplace.plugins.hooks import hookimpl


@hookimpl
def read_location(location: str, path: str, start: int, length: int) -> bytes | None:
    file = unquote(urlsplit(location).path)
    archive = _opened(file, Path(file).stat().st_mtime_ns)
    try:
        with archive.open(path) as member:
            member.seek(start)
            return member.read(length)
    except KeyError:
        return None


@functools.lru_cache(maxsize=1)
def _opened(file: str, _changed: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(file)
