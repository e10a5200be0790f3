"""What plugins say about packages that are published, installed or verified: warnings are shown, errors refuse."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.cli.session import Session

if TYPE_CHECKING:
    from marketplace.model.package import PackageSource
    from marketplace.model.tree import Tree
    from marketplace.plugins.subjects import Subject
    from marketplace.plugins.verdicts import Told


def mended(session: Session, source: "PackageSource") -> "tuple[PackageSource, list[dict[str, object]]]":
    """Have the plugins mend the manifest of a package that is to be signed; return it and what they have changed."""
    if not session.plugins.concerned("transform_manifest"):
        return source, []
    made, changes = session.plugins.transform(source)
    for change in changes:
        session.out.note(str(change))
    return made, [change._asdict() for change in changes]


def check_source(session: Session, source: "PackageSource") -> list[dict[str, str]]:
    """Ask the plugins about a package that is to be published; return what they have found.

    Raises:
        InvalidInputError: `package-refused`, with `findings`.
        IntegrityError: `package-unsafe`, likewise.
        UnavailableError: `plugin-required`, one that is required has not answered.
    """
    from marketplace.plugins.subjects import Subject
    from marketplace.plugins.verdicts import invalid, unsafe

    subject = Subject(source.manifest, source.tree, lambda entry: source.open(entry.path))
    told: list[Told] = []
    for hook, refusal in (("validate_package", invalid), ("scan_package", unsafe)):
        found = session.plugins.check(hook, subject)
        if errors := _errors(session, found):
            raise refusal(subject.name, errors)
        told += found
    return [item.to_json() for item in told]


def inspector(session: Session) -> "Callable[[Path, Tree], Sequence[Told]] | None":
    """Return what asks the plugins for dangers in the files of a package; None when nobody is to be asked.

    Raises:
        UnavailableError: `plugin-required`, when it is called.
    """
    if not session.plugins.concerned("scan_package"):
        return None
    return lambda folder, tree: _errors(session, session.plugins.check("scan_package", _subject(folder, tree)))


def _subject(folder: Path, tree: "Tree") -> "Subject":
    from marketplace.model.manifest import FILE_NAME, Manifest
    from marketplace.plugins.subjects import Subject

    manifest = Manifest.parse((folder / FILE_NAME).read_bytes())
    return Subject(manifest, tree, lambda entry: (folder / entry.path).open("rb"))


def _errors(session: Session, told: "Sequence[Told]") -> "list[Told]":
    for item in told:
        if item.finding.level == "warning":
            session.out.warn(str(item))
    return [item for item in told if item.finding.level == "error"]
