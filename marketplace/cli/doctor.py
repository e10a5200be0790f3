"""doctor: is everything here as it should be, and what to do where it is not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from marketplace.cli import render
from marketplace.cli.options import with_session
from marketplace.cli.session import Session

if TYPE_CHECKING:
    from marketplace.doctor import Check


@click.command("doctor")
@with_session()
def doctor_command(session: Session) -> int:
    """Check this machine's home: permissions, disk, keys, index, store, search, clock, locks and settings.

    Exits 0 unless a check failed; then with the exit code of the first failure.

    Example: ggen market doctor
    """
    from marketplace.doctor import Patient, examine

    patient = Patient(session.settings, lambda: session.local, session.keys, session.trust)
    checks = tuple(examine(patient))
    failed = [check for check in checks if check.status == "fail"]
    document = {"ok": not failed, "checks": [_check_json(check) for check in checks]}
    session.out.result(document, lambda: _text(checks))
    return failed[0].exit_code if failed else 0


def _check_json(check: "Check") -> dict[str, object]:
    return {
        "name": check.name, "status": check.status, "detail": check.detail, "hint": check.hint, "code": check.code
    }  # fmt: skip


def _text(checks: "tuple[Check, ...]") -> Iterator[str]:
    marks = {"ok": render.good("ok  "), "warn": render.doubtful("warn"), "fail": render.bad("FAIL")}
    for check in checks:
        code = f" [{check.code}]" if check.code else ""
        yield f"{marks[check.status]}  {check.name.ljust(8)}  {render.printable(check.detail)}{code}"
        if check.hint:
            yield f"                {render.dim('-> ' + render.printable(check.hint))}"
    failed, warned = (sum(check.status == status for check in checks) for status in ("fail", "warn"))
    yield f"{render.plural(failed, 'check')} failed, {warned} with a warning" if failed or warned else "All is well."
