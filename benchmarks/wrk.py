"""Load made with wrk: no slower client stands between a server and its figure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks import peers
from benchmarks.measuring import MissingPeerError, Stage
from benchmarks.processes import environment, run

CONNECTIONS = 16
_SCRIPT = """
local paths, headers, place, threads = {paths}, {headers}, 0, {{}}
function setup(thread) table.insert(threads, thread) end
function init() statuses = {{}}; place = math.random(0, #paths) end
function request()
  place = place % #paths + 1
  return wrk.format("GET", paths[place], headers)
end
{counting}
function done(summary, latency)
  local found = {{}}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses") or {{}}) do found[status] = (found[status] or 0) + count end
  end
  local parts = {{}}
  for status, count in pairs(found) do table.insert(parts, string.format('"%s": %d', status, count)) end
  io.write(string.format(
    'RESULT {{"requests": %d, "us": %d, "bytes": %d, "p50": %.3f, "p99": %.3f, "broken": %d, "refused": %d, ' ..
    '"statuses": {{%s}}}}\\n', summary.requests, summary.duration, summary.bytes, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.timeout, summary.errors.status, table.concat(parts, ", ")))
end
"""
_COUNTING = "function response(status) statuses[status] = (statuses[status] or 0) + 1 end"
_ENTRY = re.compile(r"RESULT (\{.*\})")


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load: requests a second, megabytes a second, milliseconds of the median and of the 99th
    percentile, connections that broke, answers above 399, and, where they were counted, answers by status."""

    rate: float
    megabytes: float
    p50: float
    p99: float
    broken: int
    refused: int
    statuses: dict[str, int] = field(default_factory=dict)


def load(
    stage: Stage, url: str, paths: Sequence[str] = ("/",), *, seconds: float, connections: int = CONNECTIONS,
    headers: dict[str, str] | None = None, count: bool = False,
) -> Load:  # fmt: skip
    """Ask a server for the paths in turn, over so many connections, for so long; `count` counts statuses, which costs.

    Raises:
        MissingPeerError: wrk cannot be had.
    """
    folder = peers.debian_peers(stage.kept)
    script = stage.scratch / "load.lua"
    script.write_text(_SCRIPT.format(
        paths=_lua(paths), counting=_COUNTING if count else "",
        headers="{" + ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in (headers or {}).items()) + "}",
    ))  # fmt: skip
    threads = 2 if connections > 1 else 1
    command = [
        folder / "usr" / "bin" / "wrk", "-t", threads, "-c", connections, "-d", f"{max(1, round(seconds))}s",
        "--timeout", "30s", "-s", script, url,
    ]  # fmt: skip
    libraries = ":".join(map(str, sorted({path.parent for path in folder.glob("usr/lib/**/*.so*")})))
    said = run(command, environment(stage.scratch, LD_LIBRARY_PATH=libraries))
    found = _ENTRY.search(said)
    if found is None:
        raise MissingPeerError(f"wrk said {said[-300:]!r}")
    result = json.loads(found[1])
    took = result["us"] / 1e6
    return Load(
        result["requests"] / took, result["bytes"] / 1e6 / took, result["p50"], result["p99"], result["broken"],
        result["refused"], result["statuses"],
    )  # fmt: skip


def compared(loads: Sequence[Load]) -> Load:
    """Return the load with the median rate."""
    middle = median(one.rate for one in loads)
    return min(loads, key=lambda one: abs(one.rate - middle))


def _lua(paths: Sequence[str]) -> str:
    return "{" + ", ".join(map(json.dumps, paths)) + "}"
