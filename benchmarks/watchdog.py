"""Nothing that a benchmark starts outlives it, `kill -9` included: servers of peers know nothing of their parent."""

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_TIDYING = 10.0
"""Seconds that the work has to stop its servers and remove its folders itself."""
_PAUSE = 0.05
_GROUP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What a terminal or `timeout` sends to all at once: the watchdog outlives it, the work tidies up."""


def watched(work: Callable[[], int]) -> int:
    """Run `work` in a process of its own and return its exit code; call this before there are threads.

    Between that process and this one a watchdog waits until either ends. It is the reaper of all that they start
    (PR_SET_CHILD_SUBREAPER): what loses its parent becomes its child, so that it finds and kills everything.
    """
    sys.stdout.flush()
    ending, alive = os.pipe()
    watchdog = os.fork()
    if watchdog == 0:
        os.close(alive)
        os._exit(_watch(work, ending))
    os.close(ending)
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # the work has got it too, and the watchdog waits for its end
            return os.waitstatus_to_exitcode(os.waitpid(watchdog, 0)[1])


def _watch(work: Callable[[], int], ending: int) -> int:
    """Run `work` until it ends or the other end of the pipe is closed; then end all that is left."""
    for number in _GROUP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    runner = os.fork()
    if runner == 0:
        os.close(ending)
        for number in _GROUP_SIGNALS:
            signal.signal(number, signal.default_int_handler)
        _end(work)
    done = os.pidfd_open(runner)
    if done not in select.select([done, ending], [], [])[0]:
        os.kill(runner, signal.SIGINT)
        select.select([done], [], [], _TIDYING)
    with contextlib.suppress(ProcessLookupError):
        os.kill(runner, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(runner, 0)[1])
    _kill_descendants()
    return code if code >= 0 else 128 - code


def _end(work: Callable[[], int]) -> None:
    code = 1
    try:
        code = work()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _kill_descendants() -> None:
    """Kill what is left until nothing is: what dies hands its children to this process."""
    while left := psutil.Process().children(recursive=True):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(_PAUSE)
