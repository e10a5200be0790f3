"""The firewall of the host: rules that keep a room's containers from the services of the machine it runs on.

An internal network has no way out, but its gateway is the host itself: what listens there on all addresses can be
reached. So what a container begins towards the host is dropped; answers to what the host began pass.
"""

import os
import shutil
import subprocess

from support.cleanroom.engine.base import RUN_LABEL, CapabilityError, EngineError

BRIDGE = "cr"
"""How the names of rooms' bridges begin."""


def iptables(*args: str) -> str:
    """Run iptables, waiting for its lock; return what it prints.

    Raises:
        EngineError: it is not installed or failed.
    """
    program = shutil.which("iptables", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not program:
        raise CapabilityError("iptables is not installed")
    done = subprocess.run([program, "-w", *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"iptables {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def trouble() -> str:
    """Return why rules cannot be made here, or nothing."""
    try:
        iptables("-S", "INPUT")
    except EngineError as error:
        return str(error)
    return ""


def add_drop_rule(bridge: str, run: str) -> None:
    """Drop what begins on a bridge, in the name of a run."""
    match = ("-m", "conntrack", "--ctstate", "NEW", "-m", "comment", "--comment", f"{RUN_LABEL}={run}")
    iptables("-I", "INPUT", "-i", bridge, *match, "-j", "DROP")


def rules() -> list[tuple[str, str]]:
    """Return each rule of ours as iptables prints it, and the run that it belongs to."""
    try:
        listed = iptables("-S", "INPUT")
    except EngineError:  # where none can be listed none was made
        return []
    marked = [line.replace('"', "") for line in listed.splitlines() if f"{RUN_LABEL}=" in line]
    return [(line, line.partition(f"{RUN_LABEL}=")[2].split()[0]) for line in marked]


def remove_rules(bridge: str) -> None:
    """Remove the rules of a bridge."""
    for rule, _run in rules():
        if f"-i {bridge} " in rule:
            remove_rule(rule)


def remove_rule(rule: str) -> None:
    """Remove a rule as `rules` told it; one that somebody else has removed is no error."""
    try:
        iptables("-D", *rule.split()[1:])
    except EngineError:
        if rule in {listed for listed, _run in rules()}:
            raise
