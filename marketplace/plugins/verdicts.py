"""What plugins have found, and the errors that it makes."""

from collections.abc import Sequence
from typing import NamedTuple

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.plugins.types import Finding

_SHOWN = 3
"""Findings told in one message; the error's `findings` has all."""


class Told(NamedTuple):
    """A finding, and the plugin that has found it."""

    plugin: str
    finding: Finding

    def __str__(self) -> str:
        where = f" {self.finding.file}:" if self.finding.file else ""
        return f"{self.plugin}:{where} {self.finding.message}"

    def to_json(self) -> dict[str, str]:
        """Return it as `--json` prints it."""
        return {"plugin": self.plugin, **self.finding._asdict()}


def invalid(package: str, errors: Sequence[Told]) -> InvalidInputError:
    """Return the error for a package that breaks rules."""
    hint = f"correct the package; if the plugin is wrong: ggen market plugins block {errors[0].plugin}"
    return InvalidInputError("package-refused", _message(package, errors), hint=hint, findings=_json(errors))


def unsafe(package: str, errors: Sequence[Told]) -> IntegrityError:
    """Return the error for a package in which there is what is dangerous."""
    hint = f"do not use it; if the plugin is wrong: ggen market plugins block {errors[0].plugin}"
    return IntegrityError("package-unsafe", _message(package, errors), hint=hint, findings=_json(errors))


def _message(package: str, errors: Sequence[Told]) -> str:
    said = "; ".join(map(str, errors[:_SHOWN]))
    more = f", and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    return f"{package} is refused by {' and '.join(sorted({item.plugin for item in errors}))}: {said}{more}"


def _json(errors: Sequence[Told]) -> list[dict[str, str]]:
    return [item.to_json() for item in errors]
