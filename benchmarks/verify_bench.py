"""Verifying 10,000 installed files beside reading and hashing them, and `git fsck` of the same files."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks import peers
from benchmarks.homes import new_home, publish, registry_of, signer_of
from benchmarks.measuring import Contestant, Row, Stage, attempt, contest
from benchmarks.packages import NAMESPACE, as_folder, make
from benchmarks.processes import environment, product, run
from marketplace.project.actions import Workshop
from marketplace.project.project import Project
from marketplace.security.trust import TrustStore

_PACKAGES = 10


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    files = stage.pick(10_000, 1_000)
    home, project = _installed(stage, files // _PACKAGES - 1)
    registry = registry_of(home)
    trust = TrustStore(home / "keys" / "trust.json")
    workshop = Workshop(
        Project(project), registry, trust, store=registry.store, copy=False, lock_timeout=5, notify=print
    )
    paths = sorted(path for path in (project / ".ggen" / "packages").rglob("*") if path.is_file())
    assert len(paths) == files, len(paths)
    rounds, what = stage.pick(9, 3), f"verify {files:,} files"
    ours = Contestant("verify in process", lambda: _assert_sound(workshop))
    floor = Contestant("floor: read and SHA-256", lambda: [_digest(path) for path in paths], goal=1.2)
    yield from contest(f"{what}, in process", ours, [floor], rounds)
    installed = product(stage)
    env = installed.environment(home)
    process = Contestant(
        "ggen market verify", lambda: run([installed.ggen, "market", "verify", "--quiet"], env, project)
    )
    git = attempt("git fsck of the same files", lambda: _git(stage, project))
    yield from contest(f"{what}, process", process, [git], rounds)


def _installed(stage: Stage, templates: int) -> tuple[Path, Path]:
    """Publish and install packages of so many files; return the home and the project."""
    home, project, installed = new_home(stage.scratch / "home"), stage.scratch / "project", product(stage)
    registry, signer = registry_of(home), signer_of(home)
    names = [f"many-{number}" for number in range(_PACKAGES)]
    for name in names:
        publish(registry, signer, as_folder(make(name, files=templates), stage.scratch / "packages" / name))
    registry.index.close()
    project.mkdir()
    ids = [f"{NAMESPACE}.{name}" for name in names]
    run([installed.ggen, "market", "add", *ids], installed.environment(home), project)
    return home, project


def _assert_sound(workshop: Workshop) -> None:
    verdicts = workshop.verify()
    assert len(verdicts) == _PACKAGES and not any(verdict.problems for verdict in verdicts), verdicts


def _digest(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.sha256(file.read()).hexdigest()


def _git(stage: Stage, project: Path) -> Contestant:
    git, folder = peers.tool("git"), stage.scratch / "git"
    env = environment(stage.scratch, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
    place = ["--git-dir", folder, "--work-tree", project / ".ggen" / "packages"]
    run([git, "init", "-q", "--bare", folder], env)
    run([git, *place, "config", "gc.auto", "0"], env)  # beside the measuring it would move what fsck is about to read
    run([git, *place, "add", "--all", "--force", "."], env)
    author = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    run([git, *place, *author, "commit", "-q", "-m", "files"], env)
    return Contestant("git fsck of the same files", lambda: run([git, *place, "fsck", "--full", "--strict"], env))
