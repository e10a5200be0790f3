"""Branch coverage of every process of a run: behave's, `ggen`'s, their children's, and those in containers.

coverage.py brings a start-up hook of its own: a process whose environment names a settings file in
`COVERAGE_PROCESS_START` is measured from its first line and leaves a data file when it ends. The data files lie in one
folder, which is mounted where containers look for it. A process that gets SIGKILL leaves none.
"""

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from support.cleanroom.engine.base import ContainerSpec, Mount

if TYPE_CHECKING:
    import coverage

START, FILE = "COVERAGE_PROCESS_START", "COVERAGE_FILE"
SETTINGS, DATA = "settings.ini", "data"
_NAME = "coverage"
"""The name of the whole run's data file, and the beginning of the names of its processes' files."""
INSIDE = "/coverage"
"""Where a container sees the folder."""

_TEXT = """[run]
branch = true
parallel = true
source_pkgs = {package}
# What ends by os._exit, such as a forked child, or by SIGTERM, is measured too.
patch = _exit
sigterm = true
# A process that runs none of the package has nothing to tell: no word of ours may come between those of the product.
disable_warnings = no-data-collected, module-not-imported, module-not-measured, trace-changed, no-ctracer

[paths]
product =
    {place}
    */site-packages/{package}
    */dist-packages/{package}
"""


def prepare(folder: Path, package: Path) -> None:
    """Make the folder of a run that measures the package in the folder `package`, without data of runs before."""
    data = folder / DATA
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o777)  # in a container somebody writes there who is nobody here
    for old in data.iterdir():
        old.unlink()
    text = _TEXT.format(package=package.name, place=package.resolve())
    (folder / SETTINGS).write_text(text, encoding="utf-8")


def environment(folder: Path) -> dict[str, str]:
    """Return the variables by which a process, and whatever inherits them from it, is measured."""
    return {START: str(folder / SETTINGS), FILE: str(folder / DATA / _NAME)}


def without(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which nothing is measured, for what looks at how a process starts."""
    return {name: value for name, value in environ.items() if name not in (START, FILE)}


def on() -> bool:
    """Tell whether this run measures; then what it starts should end in order, for SIGKILL takes the figures along."""
    return START in os.environ


def measured(spec: ContainerSpec) -> ContainerSpec:
    """Return what a container is to run, with the folder mounted and the variables set when this run measures."""
    started = os.environ.get(START)
    if not started:
        return spec
    mount = Mount(Path(started).parent, INSIDE)
    return replace(spec, mounts=(*spec.mounts, mount), environment={**environment(Path(INSIDE)), **spec.environment})


def combine(folder: Path, package: Path, tell: Callable[[str], object]) -> "coverage.Coverage":
    """Put all data files of a run together, on this machine's paths, and count the files nobody imported too.

    `tell` is told of files that cannot be read: their processes were killed while they wrote.

    Raises:
        coverage.exceptions.NoDataError: no process was measured.
    """
    import coverage

    whole = coverage.Coverage(data_file=str(folder / _NAME), config_file=str(folder / SETTINGS))
    whole.config.parallel = False  # this one file has no process's name
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        whole.combine([str(folder / DATA)])
    unreadable = [item for item in told if issubclass(item.category, coverage.exceptions.CoverageWarning)]
    if unreadable:
        tell(f"processes that ended while they wrote what had run in them, which does not count: {len(unreadable)}")
    _touch(whole, package)
    whole.save()
    return load(folder)


def load(folder: Path) -> "coverage.Coverage":
    """Return what `combine` last put together.

    Raises:
        coverage.exceptions.NoDataError: it was never called.
    """
    import coverage

    whole = coverage.Coverage(data_file=str(folder / _NAME), config_file=False)
    whole.load()
    return whole


def nothing(package: Path) -> "coverage.Coverage":
    """Return what is known of a package of which nothing ran."""
    import coverage

    whole = coverage.Coverage(data_file=None, config_file=False)
    _touch(whole, package)
    return whole


def _touch(whole: "coverage.Coverage", package: Path) -> None:
    data = whole.get_data()
    data.add_arcs({})  # says that branches are measured, even if no process ran any of the package
    data.touch_files([str(file) for file in package.resolve().rglob("*.py")])
