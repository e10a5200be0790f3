"""`python -m support.p2p.library_rows as-is|mended`: what libp2p does with our mends and without, as JSON.

Each row is a small network of library hosts in one process; a row in which an exception comes out of the network, which
would have ended a node's process, finds "the process ends".
"""

import json
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import trio

from marketplace.p2p import hardening
from support.p2p import gossip_rows, host_rows, read_rows
from support.p2p.lab import Lab

KAD = "/ggen/kad/1.0.0"
ENDS = "the process ends"
_THREADS = 6
_ALONE = frozenset({"dial"})
"""Rows that take times: the others would be in them."""

ROWS: dict[str, Callable[[Lab], Awaitable[str]]] = {
    "garbage": gossip_rows.garbage,
    "bad key": gossip_rows.bad_key,
    "raising handler": gossip_rows.raising_handler,
    "dropped twice": gossip_rows.dropped_twice,
    "ten a second": gossip_rows.ten_a_second,
    "slots": gossip_rows.slots,
    "slow reader": gossip_rows.slow_reader,
    "outside the mesh": gossip_rows.outside,
    "known already": gossip_rows.known_already,
    "graft flood": gossip_rows.graft_flood,
    "avoided": gossip_rows.avoided,
    "unknown grafts": gossip_rows.unknown_grafts,
    "unknown prunes": gossip_rows.unknown_prunes,
    "named in a prune": gossip_rows.named_in_prune,
    "silent server": host_rows.silent_server,
    "banned": host_rows.unwanted,
    "frozen": host_rows.frozen,
    "failed dial": host_rows.failed_dial,
    "dial": host_rows.dial,
    "nameless record": host_rows.nameless_record,
    "prefix": host_rows.prefix,
    "routing table": host_rows.routing_table,
    "announced": host_rows.announced,
    "plaintext": host_rows.plaintext,
    "window updates": host_rows.window_updates,
    "small reads": read_rows.small_reads,
    "whole reads": read_rows.whole_reads,
    "rest of a message": read_rows.rest_of_a_message,
    "growing buffer": read_rows.growing_buffer,
    "log lines": host_rows.log_lines,
    "forged": gossip_rows.forged,
    "no resolver": host_rows.unconfigured,
}


def find(name: str, lab: Lab) -> str:
    """Return what a row finds."""

    async def row() -> str:
        with trio.fail_after(300):
            return await ROWS[name](lab)

    try:
        return trio.run(row)
    except BaseException as error:  # noqa: BLE001 - what would have ended the process
        print(f"{name}: {error!r}", file=sys.stderr)  # noqa: T201
        return ENDS


def main(how: str, names: list[str]) -> None:
    """Print what the rows find."""
    lab = Lab(how == "mended")
    if lab.mended:
        hardening.prepare_library(KAD)
    chosen = names or list(ROWS)
    together = [name for name in chosen if name not in _ALONE]
    with ThreadPoolExecutor(_THREADS) as pool:
        rows = dict(zip(together, pool.map(lambda name: find(name, lab), together), strict=True))
    rows |= {name: find(name, lab) for name in chosen if name in _ALONE}
    print(json.dumps(rows))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
