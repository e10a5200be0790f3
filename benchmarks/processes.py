"""Processes as users run them: byte code compiled, no tracing variables, no settings of whoever runs the benchmark."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import MissingPeerError, Stage

_ROOT = Path(__file__).resolve().parents[1]
_PREFIXES = ("PYTHON", "GGEN_", "UV_", "NPM_", "npm_", "TWINE_", "GIT_", "CARGO_")
_TIMEOUT = 600.0


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return a clean environment with `home` as HOME.

    PYTHONDONTWRITEBYTECODE is the reason: without byte code click alone takes seven times as long to import.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES)}
    return {**kept, "HOME": str(home), "NO_COLOR": "1", **more}


def run(command: Sequence[object], env: Mapping[str, str], cwd: Path | None = None) -> str:
    """Run a command to its end; return its output.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = subprocess.run(
        [str(part) for part in command], env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr or done.stdout)[-2000:]
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}: {said}")
    return done.stdout


def install(command: Sequence[object], what: str, cwd: Path | None = None) -> None:
    """Run a package installer with the user's own settings.

    Raises:
        MissingPeerError: it failed.
    """
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    env = {name: value for name, value in os.environ.items() if name not in unwanted}
    try:
        run(command, env, cwd)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        raise MissingPeerError(f"{what} cannot be installed: {str(error).splitlines()[-1][:200]}") from error


@dataclass(frozen=True, slots=True)
class Product:
    """The program installed from this source tree as users install it: a wheel in an environment of its own.

    An editable install would add an import hook to each start.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    @property
    def ggen(self) -> Path:
        """The command."""
        return self.folder / "bin" / "ggen"

    def environment(self, home: Path) -> dict[str, str]:
        """Return the environment of a run with the marketplace's home at `home`."""
        return environment(home, GGEN_HOME=str(home))

    def site(self) -> Path:
        """Return the folder of the installed libraries."""
        return next((self.folder / "lib").glob("python*/site-packages"))


def product(stage: Stage) -> Product:
    """Install the program below `build/bench`, or take what is there when the sources have not changed."""
    found = Product(stage.kept / "product")
    mark = found.folder / "sources"
    sources = digest_of_sources("marketplace", "pyproject.toml", "constraints.txt")
    if not mark.is_file() or mark.read_text() != sources:
        shutil.rmtree(found.folder, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="ggen-bench-") as copied:
            _copy_sources(Path(copied))
            python_with(found.folder, [copied, "-c", str(_ROOT / "constraints.txt")], "ggen")
        mark.write_text(sources)
    _check_compiled(found.site())
    return found


def python_with(folder: Path, packages: Sequence[str], what: str) -> None:
    """Make a virtual environment with `packages`, all byte code compiled.

    Raises:
        MissingPeerError: they cannot be installed.
    """
    venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    python = folder / "bin" / "python"
    real = Path(sys.executable).resolve()
    assert python.resolve() == real, f"{python} is not {real}"  # a shim of pyenv costs ten times the interpreter
    install([python, "-m", "pip", "install", "-q", *packages], what)
    install([python, "-m", "compileall", "-q", folder / "lib"], what)


def digest_of_sources(*names: str) -> str:
    """Return a digest over the files and folders of this source tree that `names` name."""
    state = hashlib.sha256()
    for name in names:
        for path in sorted((_ROOT / name).rglob("*.py")) if (_ROOT / name).is_dir() else [_ROOT / name]:
            state.update(path.read_bytes())
    return state.hexdigest()


def _copy_sources(folder: Path) -> None:
    shutil.copytree(_ROOT / "marketplace", folder / "marketplace", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(_ROOT / name, folder / name)


def _check_compiled(site: Path) -> None:
    for name in ("click/core", "marketplace/cli/main"):
        path = site / f"{name}.py"
        compiled = list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))
        assert compiled, f"{path} has no byte code: its start would be measured wrongly"
