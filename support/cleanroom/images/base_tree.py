"""A root file system made of the running interpreter: its standard library, what its libraries need, and a shell."""

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from support.cleanroom.engine.base import EngineError

PROGRAMS = (
    "sh", "cat", "chmod", "chown", "cp", "date", "env", "false", "head", "id", "kill", "ln", "ls", "mkdir", "mv",
    "readlink", "rm", "setpriv", "sleep", "stat", "sync", "tail", "test", "touch", "true",
)  # fmt: skip
_SKIPPED = (
    "test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "site-packages", "dist-packages", "config-*", "*.a",
)  # fmt: skip
# What wheels may expect of any system (PEP 600), and what the name service loads by itself.
_EXPECTED = (
    "libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libutil.so.1", "libresolv.so.2",
    "libgcc_s.so.1", "libstdc++.so.6", "libnss_files.so.2", "libnss_dns.so.2",
)  # fmt: skip
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
_USERS = (
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nroom:x:10001:10001:room:/tmp:/bin/sh\n"
)
_GROUPS = "root:x:0:\nnogroup:x:65534:\nroom:x:10001:\n"
_FOLDERS = ("dev", "proc", "sys", "run", "mnt", "opt", "root", "home", "srv", "data", "var/tmp", "build", "usr/sbin")


def fingerprint() -> Iterator[str]:
    """Yield what tells one interpreter, C library and list of programs from others."""
    library = Path(sysconfig.get_path("stdlib"))
    yield from (sys.version, str(_interpreter()), str(library), *PROGRAMS)
    for path in (_interpreter(), library / "os.py", Path(_libraries([_interpreter()])[-1])):
        yield f"{path.stat().st_size} {path.stat().st_mtime_ns}"


def fill_tree(folder: Path) -> None:
    """Write the tree: the interpreter to /usr/local, libraries to where their loader looks, programs to /usr/bin."""
    _make_folders(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    binaries = folder / "usr/local/bin"
    shutil.copy2(_interpreter(), binaries / version)
    for name in ("python3", "python"):
        (binaries / name).symlink_to(version)
    library = folder / "usr/local/lib" / version
    shutil.copytree(sysconfig.get_path("stdlib"), library, symlinks=True, ignore=shutil.ignore_patterns(*_SKIPPED))
    _add_pip(library)
    programs = [_program(name) for name in PROGRAMS]
    for name, program in zip(PROGRAMS, programs, strict=True):
        shutil.copy2(program, folder / "usr/bin" / name)
    _add_libraries(folder, [_interpreter(), *programs, *library.rglob("*.so")])
    compileall.compile_dir(library, quiet=2, stripdir=str(folder), workers=os.cpu_count() or 1)


def _make_folders(folder: Path) -> None:
    for name in ("usr/bin", "usr/local/bin", "usr/local/lib", "usr/lib", "usr/lib64", "etc", "tmp", *_FOLDERS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (folder / name).symlink_to(f"usr/{name}")
    for name in ("tmp", "var/tmp"):
        (folder / name).chmod(0o1777)
    for name, text in (("passwd", _USERS), ("group", _GROUPS), ("nsswitch.conf", "hosts: files dns\n")):
        (folder / "etc" / name).write_text(text, encoding="ascii")


def _add_pip(library: Path) -> None:
    """Copy pip from the running environment; Debian's interpreter looks for it under another name."""
    import pip

    packages = library / "site-packages"
    source = Path(pip.__file__).parent
    shutil.copytree(source, packages / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    (library / "dist-packages").symlink_to("site-packages")


def _add_libraries(folder: Path, binaries: Iterable[Path]) -> None:
    found = _libraries(binaries)
    system = next(Path(path).resolve().parent for path in found if Path(path).name.startswith("libc.so"))
    expected = [str(system / name) for name in _EXPECTED if (system / name).exists()]
    for path in {*found, *_libraries([Path(path) for path in expected]), *expected}:
        source = Path(path)
        home = source.parent.resolve()
        standard = home.parts[1:2] in (("usr",), ("lib",), ("lib64",)) and "local" not in home.parts
        target = folder / (home if standard or source.name.startswith("ld-") else system).relative_to("/") / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _libraries(binaries: Iterable[Path]) -> list[str]:
    """Return the files that the loader maps for some programs, the C library last."""
    done = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False)
    found = sorted({match[1] for match in _LIBRARY.finditer(done.stdout)}, key=lambda path: ("libc.so" in path, path))
    if not found:
        raise EngineError(f"ldd tells of no library: {done.stderr}")
    return found


def _interpreter() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _program(name: str) -> Path:
    found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if not found:
        raise EngineError(f"{name} is not installed")
    return Path(found).resolve()
