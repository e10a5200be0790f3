"""The files of a home's registry, as `ggen market mirror` writes them for any static file server."""

from pathlib import Path

from marketplace.server.content import Content
from marketplace.server.log import log_key
from marketplace.server.mirror import MARKER, Mirror
from marketplace.server.options import LOG_KEY
from support.centralized.mirrors import files
from support.market.packages import local_registry

_SECONDS = 30.0


def files_of(home: Path, *, archives: bool = True) -> dict[str, bytes]:
    """Bring the mirror of a home, beside it, up to date, and return its files by their paths."""
    target = home.with_name(f"{home.name}-mirror" + ("-with-archives" if archives else ""))
    registry = local_registry(home)
    key = log_key(registry.folder / LOG_KEY, None)
    mirror = Mirror(Content(registry, key, None), key, target, archives=archives, advance=lambda *_: None)
    mirror.run(lock_timeout=_SECONDS)
    registry.index.close()
    return {path: data for path, data in files(target).items() if path != MARKER}
