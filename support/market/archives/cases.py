"""Every hostile case of an archive by its name."""

from collections.abc import Callable

from support.market.archives import (
    hostile_extensions,
    hostile_frames,
    hostile_manifests,
    hostile_paths,
    hostile_tars,
)
from support.market.archives.forge import Forged

CASES: dict[str, Callable[[], Forged]] = {
    **hostile_paths.CASES,
    **hostile_tars.CASES,
    **hostile_extensions.CASES,
    **hostile_frames.CASES,
    **hostile_manifests.CASES,
}
