"""Installing 50 packages (105 with what they need, 12 files each) beside uv and npm, as whole processes.

Everything is local: our registry is a folder; uv takes wheels from a folder; npm's tarballs come from Verdaccio on this
machine while its cache is empty, and from its cache afterwards. Ours hashes every file that it installs.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.installers import Npm, Ours, Uv, with_packages
from benchmarks.measuring import Row, Stage, attempt, contest
from benchmarks.packages import Package, fifty_and_what_they_need


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    roots, dependencies = fifty_and_what_they_need()
    with ExitStack() as stack:
        ours, uv, npm = Ours(stage, "ours", with_packages(stage, "home")), Uv(stage), Npm(stage, stack)
        offer(uv, roots, dependencies)
        offer(npm, roots, dependencies)
        rounds = stage.pick(9, 2)
        for state, against_uv, against_npm in (("cold", None, 0.15), ("warm", 0.85, None), ("no-op", 1.3, None)):
            others = [
                attempt(f"uv, {state}", lambda s=state, g=against_uv: uv.contestant(s, g), against_uv),  # type: ignore[misc]
                attempt(f"npm, {state}", lambda s=state, g=against_npm: npm.contestant(s, g), against_npm),  # type: ignore[misc]
            ]
            floor = [ours.floor()] if state == "warm" else []
            yield from contest(f"install 105 packages, {state}", ours.contestant(state), [*floor, *others], rounds)


def offer(peer: Uv | Npm, roots: list[Package], dependencies: list[Package]) -> None:
    """Publish the packages for the peer and install them once, so that cache and lock are there."""
    if not peer.missing:
        peer.offer(roots, dependencies)
