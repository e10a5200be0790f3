"""What all verbs have in common, asked of each."""

import json
import os
import re
import subprocess
from collections.abc import Iterable
from typing import Any

from support.centralized.lying_logs import write_log_proof
from support.market import packages, plugins
from support.market.world import Outcome, World
from support.suite import help_texts

_EXAMPLE = re.compile(r"^  Example: (.+?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
SERVING = frozenset({"serve", "node run"})
"""Verbs that go on until they are stopped."""
_SECONDS = 300.0
_NODE = "ggen market node run --listen /ip4/127.0.0.1/tcp/0 --no-discover --json"

_MANIFEST = '[package]\nname = "old-web"\nversion = "1.0.0"\ndescription = "An old package"\nlicense = "MIT"\n'


def verbs() -> set[str]:
    """Return all verbs below `ggen market`, sub-verbs as `key new`."""
    return {" ".join(path[2:]) for path, _ in help_texts.commands() if path[1:2] == ("market",) and path[2:]}


def node_verbs() -> set[str]:
    """Return those of them that are about the node: they want the extra p2p."""
    return {verb for verb in verbs() if verb.split()[0] == "node"}


def prepare(world: World) -> None:
    """Make a home with packages and a project that requires one of them."""
    world.run("ggen market key new")
    for id_, version in (("io.ggen.rust.axum", "1.0.0"), ("io.ggen.rust.cli", "1.2.0"), ("io.acme.web", "1.2.0")):
        packages.publish(world, id_, version)
    world.run("ggen market add io.acme.web")
    plugins.install(world, "spelling", ["validate_package"], plugins.SILENT)
    manifests = world.project / "old-catalog" / "manifests"
    manifests.mkdir(parents=True)
    (manifests / "old-web.toml").write_text(_MANIFEST, encoding="utf-8")
    write_log_proof(world.project / "corp-proof.json")
    (world.project / "token.txt").write_text("ggen_example\n", encoding="utf-8")


def example(verb: str) -> str:
    """Return the command line that a verb's help gives; a usage and a summary stand before it."""
    text = help_texts.texts()["-".join(("ggen", "market", *verb.split())) + ".txt"]
    usage, _, rest = text.partition("\n\n")
    found = _EXAMPLE.search(rest)
    assert usage.startswith(f"Usage: ggen market {verb} "), text
    assert found and rest[: found.start()].strip(), f"{verb} has no summary or no example"
    return " ".join(found[1].split())


def run_node(world: World) -> None:
    """Run the node of the home until the scenario ends; return when it answers."""
    args, environ = world.command(_NODE)
    process = subprocess.Popen(args, cwd=world.project, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout is not None
    world.defer(lambda: process.wait(_SECONDS))
    world.defer(process.terminate)
    with process.stdout as out:
        assert out.readline(), "the node ended before it was ready"


def run_example(world: World, verb: str) -> None:
    """Run the example of a verb in a shell, as a user would paste it."""
    args, environ = world.command("ggen")
    environ |= {"HOME": str(world.root), "PATH": f"{os.path.dirname(args[0])}:{environ['PATH']}", "GGEN_KEY": "default"}  # noqa: PTH120
    line = example(verb)
    if verb in SERVING:
        assert stopped_after_a_line(world, ["bash", "-c", f"exec {line}"], environ)
        return
    done = subprocess.run(
        ["bash", "-c", line], cwd=world.project, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{line}: {done}"


def stopped_after_a_line(world: World, args: list[str], environ: dict[str, str]) -> str:
    """Run a command that goes on until it is stopped, stop it after its first line; return what it printed."""
    process = subprocess.Popen(args, cwd=world.project, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    world.defer(process.kill)
    assert process.stdout is not None
    with process.stdout as out:
        printed = out.readline()
        process.terminate()
        printed += out.read()
    assert process.wait(_SECONDS) == 0, printed
    return printed.decode()


def one_document(world: World, verb: str, arguments: str, fields: Iterable[str]) -> None:
    """Run a verb with --json and hold its output to one document that has the fields."""
    key = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, test 1
    line = f"ggen market {verb} {arguments.replace('{key}', key)} --json"
    if verb in SERVING:
        outcome = Outcome((), 0, stopped_after_a_line(world, *world.command(line)), "")
    else:
        outcome = world.attempt(line)
        assert world.exit_code() == 0, outcome
    assert outcome.stdout.count("\n") == 1, outcome
    document = outcome.json()
    assert document["schema"] == 1, outcome
    for field in fields:
        _at(document, field)


def _at(document: Any, path: str) -> None:
    for part in path.split("."):
        assert part.isdigit() or part in document, f"{path} is missing in {document}"
        document = document[int(part)] if part.isdigit() else document[part]


def refuses(world: World, verb: str, arguments: str, exit_code: int) -> None:
    """Run a verb that must fail with one JSON error on stderr and nothing on stdout."""
    outcome = world.attempt(f"ggen market {verb} {arguments}")
    assert (world.exit_code(), outcome.stdout, outcome.stderr.count("\n")) == (exit_code, "", 1), outcome
    assert {"code", "message", "hint"} <= json.loads(outcome.stderr)["error"].keys(), outcome


def after_one_line(world: World, command: str) -> tuple[int, str]:
    """Run a command whose reader stops after one line; return the command's exit code and its stderr."""
    args, environ = world.command(command)
    process = subprocess.Popen(args, cwd=world.project, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    return process.wait(_SECONDS), errors


def completions(world: World, line: str) -> set[str]:
    """Return what a real bash offers for the last word of `line`, with the script of `ggen completion bash` loaded."""
    args, environ = world.command("ggen")
    words = line.split(" ")
    # bash hands a completion function the command, the word to complete and the one before
    script = f"""eval "$(ggen completion bash)"
COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}
_ggen_completion ggen '{words[-1]}' '{words[-2]}'; printf '%s\\n' "${{COMPREPLY[@]}}" """
    environ["PATH"] = f"{os.path.dirname(args[0])}:{environ['PATH']}"  # noqa: PTH120
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=world.project, env=environ, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=_SECONDS, check=True,
    )  # fmt: skip
    return set(done.stdout.split())
