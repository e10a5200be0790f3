"""What is wrong with an entry of a catalog, said in the terms of the one who will correct it."""

from dataclasses import dataclass

from marketplace.errors import MarketError


@dataclass(frozen=True, slots=True)
class Problem:
    """A trouble with one entry: why it was refused, or what was changed or found when it was taken.

    Attributes:
        entry: the entry's name in the catalog.
        field: the field concerned, empty for the entry as a whole.
        code: stable, kebab-case, listed in docs/errors.md.
        message: one sentence without a trailing full stop.
        hint: the next step for the catalog's owner, or None when there is nothing to do.
    """

    entry: str
    field: str
    code: str
    message: str
    hint: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the problem as the object that `import --json` prints."""
        return {
            "entry": self.entry,
            "field": self.field,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
        }


class RefusedError(Exception):
    """Carries the problem that keeps an entry out, from where it is found to where the next entry is begun."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def refuse(entry: str, field: str, code: str, message: str, hint: str | None = None) -> RefusedError:
    """Build the exception that refuses `entry`."""
    return RefusedError(Problem(entry, field, code, message, hint))


def refused_by(entry: str, error: MarketError, field: str = "") -> RefusedError:
    """Build the exception that refuses `entry` because of `error`, keeping its code."""
    found = error.details.get("field", field)
    return RefusedError(Problem(entry, str(found), error.code, error.message, error.hint))
