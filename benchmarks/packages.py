"""The same made-up packages for everybody: as folders of this program, as wheels, as npm folders and tarballs."""

import base64
import hashlib
import io
import json
import random
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAMESPACE = "io.bench"
ROOTS = 50
DEPENDENCIES = 55
_FILES = 12
_WORDS = ("pub", "fn", "let", "mut", "match", "self", "struct", "impl", "where", "async", "await", "return", "error")


@dataclass(frozen=True, slots=True)
class Package:
    """A package: what it needs by name, and the text of each file."""

    name: str
    version: str = "1.0.0"
    needs: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id in this program's registry."""
        return f"{NAMESPACE}.{self.name}"

    @property
    def module(self) -> str:
        """The name as Python's wheels want it."""
        return self.name.replace("-", "_")


def make(name: str, version: str = "1.0.0", needs: tuple[str, ...] = (), files: int = _FILES) -> Package:
    """Make up a package of small text files of 1 to 4 KiB that no other package has; the same for the same name."""
    chance = random.Random(f"{name} {version}")
    texts = {
        f"templates/part{number % 4}/file{number:04}.rs.tmpl": " ".join(
            f"{chance.choice(_WORDS)}{chance.randrange(500)}" for _ in range(chance.randrange(150, 600))
        )
        for number in range(files)
    }
    return Package(name, version, needs, texts)


def fifty_and_what_they_need() -> tuple[list[Package], list[Package]]:
    """Return 50 packages and the 55 that they depend on, two each at least, one of them through another."""
    names = [f"dep-{number:02}" for number in range(DEPENDENCIES)]
    dependencies = [make(name, needs=(names[place + 1],) if place % 5 == 0 else ()) for place, name in enumerate(names)]
    roots = [
        make(f"root-{number:02}", needs=tuple(sorted({names[number], names[(number + 5) % DEPENDENCIES]})))
        for number in range(ROOTS)
    ]
    return roots, dependencies


def as_folder(package: Package, folder: Path) -> Path:
    """Write the package as this program publishes it; return the folder."""
    needs = "".join(f'"{NAMESPACE}.{name}" = "^1"\n' for name in package.needs)
    text = (
        f'[package]\nid = "{package.id}"\nversion = "{package.version}"\ntitle = "{package.name}"\n'
        f'description = "Made up for the benchmarks"\nlicense = "MIT"\n\n[dependencies]\n{needs}'
    )
    return _write(folder, {**package.files, "package.toml": text})


def as_npm_folder(package: Package, folder: Path) -> Path:
    """Write the package as `npm publish` takes it; return the folder."""
    return _write(folder, {**package.files, "package.json": json.dumps(npm_document(package))})


def npm_document(package: Package) -> dict[str, object]:
    """Return the package.json."""
    needs = dict.fromkeys(package.needs, "^1.0.0")
    return {
        "name": package.name, "version": package.version, "license": "MIT", "dependencies": needs,
        "description": "Made up for the benchmarks",
    }  # fmt: skip


def as_npm_tarball(package: Package) -> bytes:
    """Return what `npm pack` makes of the package."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name, text in {"package.json": json.dumps(npm_document(package)), **package.files}.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text.encode())
            file.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def as_wheel(package: Package, folder: Path) -> Path:
    """Write the package as a wheel; return its path."""
    stem = f"{package.module}-{package.version}"
    needs = "".join(f"Requires-Dist: {name}>=1,<2\n" for name in package.needs)
    facts = f"{stem}.dist-info"
    texts = {
        **{f"{package.module}/{name}": text for name, text in package.files.items()},
        f"{facts}/METADATA": f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {package.version}\n{needs}",
        f"{facts}/WHEEL": "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},{_record_digest(text)},{len(text.encode())}\n" for name, text in texts.items())
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {**texts, f"{facts}/RECORD": f"{record}{facts}/RECORD,,\n"}.items():
            file.writestr(name, text)
    return path


def _record_digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"sha256={digest}"


def _write(folder: Path, texts: Mapping[str, str]) -> Path:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
