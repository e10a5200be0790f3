"""What a registry has shown once and shows no more, though a log only grows: releases, and yanks that still hold."""

from collections.abc import Callable
from contextlib import suppress

from marketplace.errors import IntegrityError
from marketplace.model.release import Release, YankRecord
from marketplace.protocol.documents import PackageEntry
from marketplace.security.trust import TrustStore

_HINT = "a mirror that is being written catches up: try again in a minute; then tell its operator"


def refuse(
    name: str, before: PackageEntry, now: PackageEntry | None, *, trust: TrustStore, check_log: Callable[[], None],
) -> None:  # fmt: skip
    """Refuse that a package document of the registry `name` lacks an entry that it had, or the yank in it.

    What counts was signed by a key that is pinned here: nobody else can have a sound document refused. The log speaks
    first, since it may give a proof.

    Args:
        now: the entry of the same release as it is now; None when there is none.
        check_log: raises what is wrong with the head of the registry's log.

    Raises:
        IntegrityError: `release-withdrawn` or `yank-withdrawn`; or what `check_log` raises.
    """
    release = before.release
    if not _is_pinned(trust, release) or (now and not _is_hidden(trust, before, now)):
        return
    check_log()
    code, what = ("yank-withdrawn", f"the yank of {release}") if now else ("release-withdrawn", str(release))
    message = f"{name}: it has shown {what} before, and hides it now"
    raise IntegrityError(code, message, hint=_HINT, registry=name, id=str(release.id))


def _is_pinned(trust: TrustStore, release: Release) -> bool:
    if trust.pin_of(release.id.namespace) is None:
        return False
    with suppress(IntegrityError):
        trust.check_release(release, pin=False)
        return True
    return False


def _is_hidden(trust: TrustStore, before: PackageEntry, now: PackageEntry) -> bool:
    """Tell whether a yank is gone though its publisher has not taken it back since."""
    if not _is_good(trust, before.yank, before.release):
        return False
    since = now.unyank and before.yank and now.unyank.at >= before.yank.at
    return not (since and _is_good(trust, now.unyank, now.release))


def _is_good(trust: TrustStore, record: YankRecord | None, release: Release) -> bool:
    with suppress(IntegrityError):
        if record:
            trust.check_yank(record, release.key)
            return True
    return False
