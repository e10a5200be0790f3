"""`make demo`: the whole path, from a key to a caught tampering, with the real `ggen` in a temporary home and project.

Each command is shown with its real output and one line on what happens. The demo stops with an error as soon as a
command does not do what the line above it says, and leaves nothing behind either way.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.model.version import Version

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WANTED = "io.ggen.rust.axum"
_TIMEOUT = 300.0


class DemoError(Exception):
    """A step of the demo did not do what it should."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command of `ggen market`, why it is run, its exit code, and what its output must have.

    Of a `brief` one only the line of output that has `says` is shown.
    """

    why: str
    arguments: tuple[str, ...]
    says: str = ""
    exit_code: int = 0
    brief: bool = False


def releases() -> list[Path]:
    """Return the folders of the sample catalog, `examples/<id>/<version>/`, older versions of a package first."""
    found = [folder for folder in EXAMPLES.glob("*/*") if (folder / "package.toml").is_file()]
    return sorted(found, key=lambda folder: (folder.parent.name, Version.parse(folder.name).precedence))


def opening() -> Iterator[Step]:
    """Yield the steps up to a verified installation."""
    if not releases():
        raise DemoError(f"there is no sample catalog in {EXAMPLES}")
    yield Step("A publisher makes a signing key; it stays on this machine.", ("key", "new"), "ed25519:")
    for number, folder in enumerate(releases()):
        why = ("Each package of the sample catalog is checked, signed and published.", "The others too, in brief.", "")
        said = f"Published {folder.parent.name} {folder.name}"
        yield Step(why[min(number, 2)], ("publish", str(folder)), said, brief=number > 0)
    yield Step("A template user looks for something.", ("search", "rust web"), WANTED)
    yield Step("Adding a package resolves it with all it needs, locks and installs it.", ("add", WANTED), WANTED)
    yield Step("Installing again finds everything in place.", ("install",))
    yield Step("This is in the project now.", ("list",), WANTED)
    yield Step("Verifying hashes every installed file again and checks every signature.", ("verify",))


def closing(tampered: str) -> Iterator[Step]:
    """Yield the steps that find and mend the tampered file."""
    yield Step(
        f"Verify names the file, and exits with {IntegrityError.exit_code}: this failure is what we want to see.",
        ("verify",), tampered, IntegrityError.exit_code,
    )  # fmt: skip
    yield Step("The store still has the true file, so the project can be mended.", ("verify", "--fix"))
    yield Step("All is well again.", ("verify",))


class Demo:
    """A run of the demo in `root`, which is its own."""

    def __init__(self, root: Path) -> None:
        self._project = root / "project"
        self._project.mkdir()
        own = {name: value for name, value in os.environ.items() if not name.startswith("GGEN_")}
        self._environ = {**own, "GGEN_HOME": str(root / "home")}
        self._program = Path(sys.executable).with_name("ggen")

    def run(self) -> None:
        """Run all steps.

        Raises:
            DemoError: a step did not do what it should.
        """
        for step in opening():
            self.take(step)
        for step in closing(self.tamper()):
            self.take(step)

    def take(self, step: Step) -> None:
        """Run one step and show it."""
        if step.why:
            say(f"\n# {step.why}")
        say("$ ggen market " + " ".join(repr(word) if " " in word else _short(word) for word in step.arguments))
        done = subprocess.run(
            [str(self._program), "market", *step.arguments], cwd=self._project, env=self._environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
        short = step.brief and done.returncode == step.exit_code
        say("\n".join(line for line in done.stdout.splitlines() if step.says in line or not short))
        if done.returncode != step.exit_code:
            raise DemoError(f"it should have ended with exit code {step.exit_code}, not {done.returncode}")
        if step.says not in done.stdout:
            raise DemoError(f"its output should have told of {step.says}")

    def tamper(self) -> str:
        """Change an installed file behind the program's back, and return its path in the package."""
        package = self._project / ".ggen" / "packages" / WANTED
        file = min(path for path in package.rglob("*") if path.is_file() and path.name != "package.toml")
        path = file.relative_to(package).as_posix()
        say(f"\n# Somebody slips a line into an installed file.\n$ echo 'evil' >> {file.relative_to(self._project)}")
        file.chmod(0o644)
        with file.open("a", encoding="utf-8") as stream:
            stream.write("evil\n")
        return path


def _short(word: str) -> str:
    path = Path(word)
    return str(path.relative_to(EXAMPLES.parent)) if path.is_absolute() else word


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run the demo and return the exit code."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ggen-demo-") as root:
        try:
            Demo(Path(root)).run()
        except DemoError as error:
            say(f"\nThe demo failed: {error}")
            return 1
    say(f"\nDone in {time.monotonic() - start:.1f} s; the temporary home and project are removed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
