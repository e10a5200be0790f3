"""Plugins of a scenario: distributions in a folder that the `ggen` of the scenario can import from."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.market.world import World

_PATIENCE = 60.0
_BEGIN = "from marketplace.plugins.hooks import Finding, hookimpl\n"


def folder(world: World) -> Path:
    """Return the folder of the scenario's plugins; its commands import from there from now on."""
    made = world.root / "plugins"
    made.mkdir(exist_ok=True)
    world.environ["PYTHONPATH"] = str(made)
    return made


def install(
    world: World, name: str, hooks: Sequence[str], code: str, *, version: str = "1.0.0", distribution: str = "",
    target: str = "",
) -> None:  # fmt: skip
    """Put a distribution with one plugin into the scenario's folder; an older version of it goes."""
    distribution = distribution or "ggen-" + re.sub("[^a-z-]", "", name)
    write(folder(world), name, hooks, code, version=version, distribution=distribution, target=target)


def write(
    place: Path, name: str, hooks: Sequence[str], code: str, *, version: str, distribution: str, target: str = ""
) -> None:
    """Put a distribution with one plugin into a folder; an older version of it goes."""
    module = re.sub("[^a-z]", "_", f"{distribution}-{name}")
    for old in place.glob(f"{distribution}-*.dist-info"):
        shutil.rmtree(old)
    (place / f"{module}.py").write_text(code, encoding="utf-8")
    described = place / f"{distribution}-{version}.dist-info"
    described.mkdir()
    text = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
    (described / "METADATA").write_text(text, encoding="utf-8")
    groups = "".join(f"[ggen.{hook}]\n{name} = {target or module}\n" for hook in hooks)
    (described / "entry_points.txt").write_text(groups, encoding="utf-8")


def remove(world: World, name: str) -> None:
    """Take a plugin's distribution away."""
    (described,) = folder(world).glob(f"ggen-{name}-*.dist-info")
    shutil.rmtree(described)


SILENT = f"{_BEGIN}\n@hookimpl\ndef validate_package(package):\n    return []\n"
"""A plugin that finds nothing."""

_CHILD = "subprocess.Popen(['sleep', '600'], start_new_session=True).pid"

_SAYING = (
    "import os\n    for number in range(3, 20):\n        try:\n            os.write(number, {})\n"
    "        except OSError:\n            pass"
)

HOSTILE = {
    "raises when it is imported": "raise RuntimeError('not today')",
    "leaves when it is imported": "import sys\nsys.exit(3)",
    "has a syntax error": "def validate_package(",
    "raises in the hook": "raise RuntimeError('not today')",
    "raises what has no words": (
        "class Mute(BaseException):\n        def __str__(self):\n            raise ValueError\n    raise Mute"
    ),
    "hangs": "import time\n    time.sleep(600)",
    "hangs when it is imported": "import time\ntime.sleep(600)",
    "is always busy": "while True:\n        pass",
    "asks for a file for ever": "while True:\n        package.read('package.toml')",
    "eats memory": "data = []\n    while True:\n        data.append(bytearray(1 << 28))",
    "ends its process": "import os\n    os._exit(0)",
    "ends its process group": "import os, signal\n    os.killpg(0, signal.SIGKILL)",
    "leaves children behind": f"import subprocess\n    note({_CHILD})\n    raise RuntimeError('gone')",
    "leaves grandchildren behind": (
        "import os, subprocess\n    if os.fork():\n        os.wait()\n        raise RuntimeError('gone')\n"
        f"    os.setsid()\n    note({_CHILD})\n    os._exit(0)"
    ),
    "answers what is no list": "return 7",
    "answers what JSON cannot say": "return [object()]",
    "answers without an end": "while True:\n        yield Finding('warning', '', 'x')",
    "answers 100 MB": "return [Finding('warning', '', 'x' * 100_000_000)]",
    "answers a finding about no file": "return [Finding('error', '/etc/passwd', 'x')]",
    "answers a finding without words": "return [Finding('error', '', ' ')]",
    "answers a level of its own": "return [Finding('fatal', '', 'x')]",
    "writes into the answers": _SAYING.format(b"{}\n"),
    "writes bytes into the answers": _SAYING.format(b"\xff\xfe\n"),
    "asks for half a file": _SAYING.format(b'{"read": 7}\n'),
    "answers half a finding": "return [{'level': 'error'}]",
    "asks for a file that is not there": "package.read('../../etc/passwd')",
    "implements no hook": "",
    "implements a hook that does not exist": "@hookimpl\ndef validate_everything(package):\n    pass",
    "wants an argument that does not exist": "@hookimpl\ndef validate_package(package, home):\n    pass",
}
"""What a plugin can do wrong: whole modules where a line starts at the margin, else the body of the hook."""

_ENDLESS = ("hangs", "is always busy", "asks for a file for ever")
_WHOLE = (
    "raises when it is imported", "leaves when it is imported", "has a syntax error", "hangs when it is imported",
    "implements no hook", "implements a hook that does not exist", "wants an argument that does not exist",
)  # fmt: skip


def install_hostile(world: World, what: str) -> None:
    """Install the plugin `hostile`, which does `what` when it is asked about a package."""
    pids = world.root / "pids"
    head = f"{_BEGIN}\ndef note(pid):\n    open({str(pids)!r}, 'a').write(f'{{pid}}\\n')\n"
    hook = "" if what in _WHOLE else "@hookimpl\ndef validate_package(package):\n    "
    install(world, "hostile", ["validate_package"], f"{head}\n{hook}{HOSTILE[what]}")
    world.environ["GGEN_PLUGIN_TIMEOUT"] = "8" if what.startswith(_ENDLESS) else "60"


def pids(world: World) -> list[int]:
    """Return the processes that the scenario's plugins have noted."""
    file = world.root / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def is_gone(pid: int) -> bool:
    """Say whether a process has ended, soon enough."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def kill_while_asked(world: World, command: str) -> None:
    """Start a command, kill it as soon as a plugin has noted a process, and wait for it."""
    args, environ = world.command(command)
    process = subprocess.Popen(args, cwd=world.project, env=environ, stderr=subprocess.DEVNULL)
    world.defer(process.wait)
    world.defer(process.kill)
    deadline = time.monotonic() + _PATIENCE
    while not pids(world) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pids(world), "the plugin was not asked"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def block_at_once(world: World, count: int) -> set[str]:
    """Block `count` plugins in as many processes that run at the same time; return what is blocked in the end."""
    runs = [world.command(f"ggen market plugins block p{number}") for number in range(count)]
    running = [
        subprocess.Popen(args, cwd=world.project, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for args, environ in runs
    ]
    assert [process.wait(60) for process in running] == [0] * count
    return set(json.loads((world.home / "plugins.json").read_text(encoding="utf-8"))["blocked"])


@contextmanager
def absent(world: World) -> Iterator[None]:
    """Have the scenario's commands find no plugins in the block."""
    kept = world.environ.pop("PYTHONPATH")
    yield
    world.environ["PYTHONPATH"] = kept


def set_version(package: Path, version: str) -> None:
    """Give a package's folder another version."""
    file = package / "package.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub('^version = ".*"$', f'version = "{version}"', text, flags=re.MULTILINE), encoding="utf-8")


def publish_dangerous(world: World, version: str) -> None:
    """Publish a version of the package in the folder `web` with a file that a scanner refuses, which is not asked."""
    set_version(world.project / "web", version)
    (world.project / "web" / "run.sh").write_text("rm -rf ~\n", encoding="utf-8")
    with absent(world):
        world.run("ggen market publish web")


def write_catalog(folder: Path, *names: str) -> None:
    """Write a catalog of the older shape; a package whose name says so is dangerous."""
    manifests = folder / "manifests"
    manifests.mkdir(parents=True)
    for name in names:
        said = "It does rm -rf for you" if "danger" in name else "An old package"
        text = f'[package]\nname = "{name}"\nversion = "1.0.0"\ndescription = "{said}"\nlicense = "MIT"\n'
        (manifests / f"{name}.package.toml").write_text(text, encoding="utf-8")


def both_searches(world: World, words: str) -> tuple[list[object], list[object]]:
    """Search without plugins, then with them; return the results of both."""
    command = f"ggen market search {words} --json"
    with absent(world):
        plain = world.run(command).json()["results"]
    ranked = world.attempt(command)
    assert world.exit_code() == 0, ranked
    return plain, ranked.json()["results"]


def pack_mirror(world: World, name: str) -> None:
    """Write a mirror of the home's registry, and pack it into a zip file beside the home."""
    public = world.root / f"{name}-folder"
    world.run(f"ggen market mirror {public}")
    shutil.make_archive(str(world.root / name), "zip", public)


def be_somebody_else(world: World) -> None:
    """Have the scenario's commands use a fresh home from now on."""
    world.home = world.root / "other-home"


def add_large(world: World, version: str, size: int) -> None:
    """Publish a package with a large file that cannot be packed small, from the first home, and mirror it again."""
    folder_of_package = world.root / "packages" / "large"
    folder_of_package.mkdir(parents=True)
    text = f'[package]\nid = "io.acme.web"\nversion = "{version}"\ndescription = "With a large file"\n'
    (folder_of_package / "package.toml").write_text(text, encoding="utf-8")
    (folder_of_package / "large.bin").write_bytes(random.Random(6).randbytes(size))
    somebody, world.home = world.home, world.root / "home"
    with absent(world):
        world.run(f"ggen market publish {folder_of_package}")
        world.run(f"ggen market mirror {world.root / 'public'}")
    world.home = somebody


def lie(world: World, name: str, path: str, answer: str) -> None:
    """Have a plugin that reads folders answer differently for paths that begin so; `answer` is Python over `data`."""
    end = "    return None if data"
    change(world, name, end, f"    if path.startswith({path!r}):\n        data = {answer}\n{end}")


def change(world: World, name: str, old: str, new: str) -> None:
    """Put `new` in the place of `old` in the code of a plugin."""
    (module,) = folder(world).glob(f"ggen_{name}_*.py")
    code = module.read_text(encoding="utf-8")
    assert old in code, code
    module.write_text(code.replace(old, new), encoding="utf-8")


def add_spare(world: World, name: str) -> None:
    """Add a registry in the folder `public`, which a sound plugin of its own scheme reads."""
    code = f"""from pathlib import Path
from urllib.parse import urlsplit
{_BEGIN}
@hookimpl
def read_location(location, path, start, length):
    file = Path(urlsplit(location).path, path)
    return file.read_bytes()[start : start + length] if file.is_file() else None
"""
    install(world, "spare", ["read_location"], code)
    world.run(f"ggen market registry add {name} spare://{world.root / 'public'}")


def install_odd(world: World, what: str) -> None:
    """Put the metadata of a distribution into the folder that cannot be read as it should."""
    described = folder(world) / "ggen-odd-1.0.0.dist-info"
    described.mkdir()
    points = b"[ggen.validate_package]\nodd = odd\n"
    metadata = b"Metadata-Version: 2.1\nName: ggen-odd\nVersion: 1.0.0\n"
    files = {
        "entry points in no encoding that there is": (points + b"\xff\xfe = odd\n", metadata),
        "no metadata but its entry points": (points, None),
        "no version": (points, b"Metadata-Version: 2.1\nName: ggen-odd\n"),
        "metadata in no encoding that there is": (points, metadata + b"Summary: \xff\xfe\n"),
    }
    for name, data in zip(("entry_points.txt", "METADATA"), files[what], strict=True):
        if data is not None:
            (described / name).write_bytes(data)


def spoil_decisions(file: Path, state: str) -> None:
    """Bring the file of the decisions about plugins into a state in which it must not be believed."""
    contents = {
        "damaged": '{"format": 1, "blocked": []',
        "of another format": '{"format": 2, "blocked": [], "trusted": {}, "required": {}}',
        "with half a trust": '{"format": 1, "blocked": [], "trusted": {"loud": ["ggen-loud"]}, "required": {}}',
    }
    if state == "open to all":
        file.chmod(0o666)
    elif state == "a folder":
        file.mkdir()
    else:
        file.write_text(contents[state], encoding="utf-8")
