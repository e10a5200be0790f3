"""The project's own sample catalog, `examples/<id>/<version>/`, and what every release in it must hold."""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from marketplace.model.ids import PackageId
from marketplace.model.manifest import FILE_NAME, Manifest, Template
from marketplace.model.version import Version
from marketplace.source import FolderSource

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_VARIABLE = re.compile(r"\{\{ *(\w+) *\}\}")


def example_folders() -> list[Path]:
    """Return the folder of every release."""
    return sorted(_EXAMPLES.glob("*/*"))


def check_example(folder: Path) -> None:
    """Hold that a release reads, lies where it says, and has no stray file."""
    source = FolderSource.read(folder)
    manifest = source.manifest
    assert (str(manifest.id), str(manifest.version)) == (folder.parent.name, folder.name), manifest
    named = {FILE_NAME, manifest.readme, *(template.path for template in manifest.templates)}
    assert {entry.path for entry in source.tree} == named and not manifest.unknown, (folder, manifest.unknown)


def check_variables(folder: Path) -> None:
    """Hold that templates use exactly the variables that they declare, and that each has a default."""
    for template in _manifest(folder).templates:
        used = set(_VARIABLE.findall((folder / template.path).read_text(encoding="utf-8")))
        declared = {variable.name for variable in template.variables if variable.default is not None}
        assert used == declared, (folder, template.path, used ^ declared)


def check_dependencies(folders: Iterable[Path]) -> None:
    """Hold that each requirement admits a release of the catalog."""
    known: dict[PackageId, list[Version]] = {}
    manifests = [_manifest(folder) for folder in folders]
    for manifest in manifests:
        known.setdefault(manifest.id, []).append(manifest.version)
    for manifest in manifests:
        for id_, requirement in manifest.dependencies:
            assert any(requirement.admits(version) for version in known.get(id_, [])), (manifest.id, id_)


def check_rendered(folder: Path) -> int:
    """Hold that what the templates give by default is well-formed; return how many files could be judged."""
    judged = 0
    for template in _manifest(folder).templates:
        text, suffix = _rendered(folder, template), Path(template.output).suffix
        judged += suffix in (".py", ".toml", ".json")
        match suffix:
            case ".py":
                compile(text, template.output, "exec")
            case ".toml":
                tomllib.loads(text)
            case ".json":
                json.loads(text)
    return judged


def _rendered(folder: Path, template: Template) -> str:
    defaults = {variable.name: variable.default or "" for variable in template.variables}
    return _VARIABLE.sub(lambda match: defaults[match[1]], (folder / template.path).read_text(encoding="utf-8"))


def _manifest(folder: Path) -> Manifest:
    return Manifest.parse((folder / FILE_NAME).read_bytes())
