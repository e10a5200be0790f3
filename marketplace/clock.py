"""Time as a parameter: whoever needs the time takes a `Clock`, so that tests decide what it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns an aware UTC time."""


def system_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Return `moment` as `YYYY-MM-DDTHH:MM:SSZ`, the form of signed records."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
