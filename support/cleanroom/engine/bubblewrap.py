"""The words of a command line that wrap a process of the host engine: by bubblewrap, and by setpriv."""

import os
from collections.abc import Sequence
from pathlib import Path


def wrap(root: str, tree: Path, user: str, options: Sequence[str], *, writable: bool = False) -> list[str]:
    """Return the words that run a command with `root`, which shows `tree`, as its root file system.

    Each entry of the tree is bound into an empty root; empty folders are made anew, so that mounts find a place there.
    """
    bind = "--bind" if writable else "--ro-bind"
    uid, _, gid = user.partition(":")
    binds: list[str] = []
    for entry in sorted(tree.iterdir()):
        inside = f"/{entry.name}"
        if inside in ("/dev", "/proc", "/sys", "/tmp"):  # noqa: S108
            continue
        if entry.is_symlink():
            binds += ["--symlink", str(entry.readlink()), inside]
        elif entry.is_dir() and os.access(entry, os.R_OK) and not any(entry.iterdir()):
            binds += ["--dir", inside]
        else:
            binds += [bind, f"{root.rstrip('/')}{inside}", inside]
    return [
        "bwrap", "--unshare-user", "--uid", uid, "--gid", gid or uid, "--unshare-pid", "--unshare-ipc", "--unshare-uts",
        "--die-with-parent", "--tmpfs", "/", *binds, "--proc", "/proc", "--dev", "/dev", *options, "--",
    ]  # fmt: skip


def become(user: str) -> list[str]:
    """Return the words that make a command run as another user of this machine, in no group but its own."""
    uid, _, gid = user.partition(":")
    return ["setpriv", f"--reuid={uid}", f"--regid={gid or uid}", "--clear-groups"]
