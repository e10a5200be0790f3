"""Loading the step definitions, on a machine that lacks the extra p2p too."""

import contextlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any
from unittest import mock

from behave import runner_util

OF_PEERS = ("libp2p", "multiaddr", "dns")
"""What the extra p2p brings, and steps about peers import."""


def peers_lack() -> bool:
    """Tell whether the extra p2p is not installed here; the scenarios about peers are skipped then."""
    return find_spec("libp2p") is None


@contextlib.contextmanager
def without_peers() -> Iterator[None]:
    """Leave out, while the block loads steps, the files that want the extra p2p, when it is not installed."""
    load = runner_util.exec_file

    def load_if_possible(*arguments: Any) -> None:
        try:
            load(*arguments)
        except ModuleNotFoundError as error:
            if not peers_lack() or (error.name or "").partition(".")[0] not in OF_PEERS:
                raise

    with mock.patch.object(runner_util, "exec_file", load_if_possible):
        yield


def load_steps(folders: Sequence[str]) -> None:
    """Load the step definitions of folders as behave does."""
    with without_peers():
        runner_util.load_step_modules(list(folders))
