"""Fuzz the server's OpenAPI document: `python -m benchmarks.fuzz_openapi [--examples N] [--seed N]`.

schemathesis sends what the document allows and what it forbids, with a token that is good for one namespace, to a real
`ggen market serve` with a few packages. No answer may be a 5xx, a status, a media type or a body that the document does
not name, and what the document requires must be required. Exit code 0 when nothing was found; what was is printed, with
the request that shows it. What it has found stays as scenarios in features/centralized.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.__main__ import KEPT
from benchmarks.installers import with_packages
from benchmarks.measuring import Stage
from benchmarks.processes import environment, product, run

_CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "missing_required_header", "unsupported_method", "ignored_auth",
)  # fmt: skip
"""What must hold. That all which the schema forbids is refused is not among it: unknown fields are passed over."""
_HOOKS = """
import schemathesis
schemathesis.serializer.alias("application/vnd.ggen.bundle", "application/octet-stream")
"""


def main(arguments: Sequence[str]) -> int:
    """Serve, fuzz, and return the fuzzer's exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_openapi", description="Fuzz the server.")
    parser.add_argument("--examples", type=int, default=100, help="requests drawn for each operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ggen-fuzz-") as scratch:
        stage = Stage(Path(scratch), KEPT, quick=True)
        home = with_packages(stage, "fuzzed")
        installed = product(stage)
        command = [installed.ggen, "market", "token", "new", "--namespace", "io.acme", "--name", "fuzzer", "--json"]
        token = json.loads(run(command, installed.environment(home)))["token"]
        (stage.scratch / "fuzz_hooks.py").write_text(_HOOKS)
        env = environment(stage.scratch, SCHEMATHESIS_HOOKS="fuzz_hooks", PYTHONPATH=scratch)
        with servers.ours(stage, home) as served:
            fuzz: list[object] = [
                peers.fuzzer(KEPT), "run", f"{served.url}openapi.json", "--url", served.url, "--checks",
                ",".join(_CHECKS), "--header", f"Authorization: Bearer {token}", "--max-examples", given.examples,
                "--seed", given.seed, "--phases", "examples,coverage,fuzzing", "--continue-on-failure",
                "--no-color", "--request-timeout", 30,
            ]  # fmt: skip
            return subprocess.run(list(map(str, fuzz)), env=env, cwd=scratch, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
