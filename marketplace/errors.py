"""The errors users meet: each has a stable code, a message, a next step and the exit code of its class.

Exit codes (docs/errors.md): 1 unexpected, 2 usage, 3 integrity, signature or trust, 4 not found, 5 conflict,
6 unavailable, 7 denied. A code, once published, keeps its meaning: other programs match on it.
"""

from typing import ClassVar


class MarketError(Exception):
    """Base of all errors this product raises on purpose.

    Args:
        code: stable, kebab-case, listed in docs/errors.md.
        message: one sentence that says what was found, without a trailing full stop.
        hint: the next step for the user, or None when there is none to give.
        details: JSON-serialisable facts (for example `entry`, `id`, `path`) merged into the `--json` error object.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, message: str, *, hint: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return self.message

    def to_json(self) -> dict[str, object]:
        """Return the object that `--json` prints under `error`: code, message, hint and the details."""
        return {"code": self.code, "message": self.message, "hint": self.hint, **self.details}


class InvalidInputError(MarketError):
    """What the user gave is malformed: an option, an id, a version, a manifest (exit 2)."""

    exit_code: ClassVar[int] = 2


class IntegrityError(MarketError):
    """Bytes, a signature or a key are not what they must be (exit 3). Never retried from the same source."""

    exit_code: ClassVar[int] = 3


class NotFoundError(MarketError):
    """Nothing by that name exists where it was looked for (exit 4)."""

    exit_code: ClassVar[int] = 4


class ConflictError(MarketError):
    """The wish contradicts the present state: version exists, requirements unsatisfiable, lock out of date (exit 5)."""

    exit_code: ClassVar[int] = 5


class UnavailableError(MarketError):
    """The answer cannot be had now: network, offline miss, time-out, full disk (exit 6)."""

    exit_code: ClassVar[int] = 6


class DeniedError(MarketError):
    """The answer is refused to this user (exit 7)."""

    exit_code: ClassVar[int] = 7
