"""The first process of a room's namespaces on the host engine. It holds them, and carries out requests within them.

Started by `unshare` as `python -I -S holder.py RUN ROOM FD`; FD is one end of a socket pair. It is process 1 of the
room: when it ends, and it ends when its starter does, the kernel kills every process of the room and takes back its
networks and mounts. Only the standard library is imported, and little of it: the start is part of each room's cost.
"""

import json
import os
import signal
import socket
import subprocess
import sys

_MAX_REQUEST = 1 << 20


def serve(channel: socket.socket) -> None:
    """Answer requests, one after the other, until the other end is closed."""
    while True:
        request = channel.recv(_MAX_REQUEST)
        if not request:
            return
        wanted = json.loads(request)
        if wanted["do"] == "socket":
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            socket.send_fds(channel, [b"{}"], [made.fileno()])
            made.close()
        else:
            channel.send(json.dumps(run(wanted["argv"], wanted["stdin"])).encode())


def run(argv: list[str], stdin: str) -> dict[str, object]:
    """Run a command to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    except OSError as error:
        return {"exit_code": 127, "output": str(error)}
    finally:
        # Orphans of the room become children of this process; the kernel is to bury them.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return {"exit_code": done.returncode, "output": done.stdout + done.stderr}


def main() -> int:
    """Prepare the namespaces and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.chdir("/")
    serve(socket.socket(fileno=int(sys.argv[3])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
