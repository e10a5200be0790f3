"""What plugins say about a package before it is published: warnings are shown, errors refuse it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from marketplace.cli.session import Session
from marketplace.errors import InvalidInputError

if TYPE_CHECKING:
    from marketplace.model.package import PackageSource
    from marketplace.plugins.calling import Told

_SHOWN = 3
"""Errors told in one message; --json has all."""


def check_source(session: Session, source: "PackageSource") -> list[dict[str, str]]:
    """Ask the plugins about a package that is to be published; return what they have found.

    Raises:
        InvalidInputError: `package-refused`, with `findings`.
        UnavailableError: `plugin-required`, one that is required has not answered.
    """
    from marketplace.plugins.subjects import Subject

    subject = Subject(source.manifest, source.tree, lambda entry: source.open(entry.path))
    told = session.plugins.check("validate_package", subject)
    errors = [item for item in told if item.finding.level == "error"]
    for item in told:
        if item.finding.level == "warning":
            session.out.warn(_text(item))
    if errors:
        raise _refused(subject.name, errors)
    return [item.to_json() for item in told]


def _text(item: "Told") -> str:
    where = f" {item.finding.file}:" if item.finding.file else ""
    return f"{item.plugin}:{where} {item.finding.message}"


def _refused(name: str, errors: "Sequence[Told]") -> InvalidInputError:
    said = "; ".join(map(_text, errors[:_SHOWN]))
    more = f", and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    plugins = sorted({item.plugin for item in errors})
    hint = f"correct the package; if the plugin is wrong: ggen market plugins block {plugins[0]}"
    findings = [item.to_json() for item in errors]
    message = f"{name} is refused by {' and '.join(plugins)}: {said}{more}"
    return InvalidInputError("package-refused", message, hint=hint, findings=findings)
