"""The program of a node: from the home to the signal that ends it."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import trio

from marketplace.p2p.answers import Answers
from marketplace.p2p.control import control_socket
from marketplace.p2p.node import Node, Options
from marketplace.p2p.state import NodeState


def run(home: Path, options: Options, ready: Callable[[str, list[str]], None]) -> None:
    """Run a node in a home until SIGTERM or SIGINT.

    Args:
        ready: called with the node's id and addresses when it can be reached.

    Raises:
        UnavailableError: `lock-timeout`, another node runs in this home; `address-unavailable`.
    """
    state = NodeState(home, time.time)
    try:
        node = Node(state, options, time.time, _log)
        trio.run(_run, node, ready)
    finally:
        state.close()


async def _run(node: Node, ready: Callable[[str, list[str]], None]) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with node.running(), control_socket(node.state.folder / "control.sock", Answers(node).answer):
            ready(node.id, node.addresses)
            async for _ in signals:
                break


def _log(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()
