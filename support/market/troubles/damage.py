"""What goes wrong on a disk, done to a home on purpose."""

import shutil
import sqlite3
from pathlib import Path


def overwrite_search_index(home: Path) -> None:
    """Replace the bytes of every file of the search index, keeping the sizes."""
    for path in (home / "registry" / "search").iterdir():
        if path.is_file() and path.name != "stamp.json":
            path.write_bytes(b"\xaa" * path.stat().st_size)


def change_log_entry(home: Path) -> None:
    """Flip a bit in the first record of the log, past the triggers that forbid it."""
    with sqlite3.connect(home / "registry" / "index.sqlite") as db:
        db.execute("DROP TRIGGER log_is_append_only_u")
        (record,) = db.execute("SELECT record FROM log WHERE seq = 1").fetchone()
        db.execute("UPDATE log SET record = ? WHERE seq = 1", (record[:-1] + b"]",))
    db.close()


def empty_releases(home: Path) -> None:
    """Delete every row of the view of releases."""
    with sqlite3.connect(home / "registry" / "index.sqlite") as db:
        db.execute("DELETE FROM releases")
    db.close()


def change_a_blob(home: Path) -> None:
    """Flip a bit of one stored blob."""
    path = next((home / "registry" / "store" / "blobs").glob("??/*"))
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def change_blobs(home: Path) -> None:
    """Change the first byte of every stored blob but the trees."""
    for path in (home / "registry" / "store" / "blobs").glob("??/*"):
        data = path.read_bytes()
        if not data.startswith(b"ggen-market-tree"):
            path.chmod(0o600)
            path.write_bytes(b"\x00" + data[1:])


def lose_blobs(home: Path) -> None:
    """Remove every blob and every link copy, as a cleaner of disks that knows no better."""
    for name in ("blobs", "links"):
        shutil.rmtree(home / "registry" / "store" / name, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder that must be there."""
    shutil.rmtree(folder)


def remove_installed(project: Path) -> None:
    """Remove everything that is not in version control."""
    shutil.rmtree(project / ".ggen")


def change_installed(folder: Path, kind: str) -> None:
    """Change an installed package so that `verify` must name the change `kind`."""
    path = folder / "README.md"
    if kind == "extra":
        (folder / "extra.txt").write_text("mine", encoding="utf-8")
    elif kind == "mode":
        path.chmod(0o755)
    else:
        path.unlink()
    if kind == "link":
        path.symlink_to("package.toml")


def edit_installed(folder: Path) -> None:
    """Write into an installed file in place, as an editor with the right to would."""
    path = folder / "README.md"
    path.chmod(0o600)
    path.write_bytes(b"changed")


def change_lock(path: Path) -> None:
    """Change one digit of the first content id."""
    text = path.read_text(encoding="utf-8")
    place = text.index('content_id = "sha256:') + len('content_id = "sha256:')
    other = "0" if text[place] != "0" else "1"
    path.write_text(text[:place] + other + text[place + 1 :], encoding="utf-8")


def link_counts(project: Path) -> set[int]:
    """Return how many names each installed file has."""
    files = [path for path in (project / ".ggen" / "packages").rglob("*") if path.is_file()]
    assert files, "nothing is installed"
    return {path.stat().st_nlink for path in files}


def lose_files(home: Path, id_: str) -> None:
    """Remove the blobs whose text names the package, its link copies with them."""
    store = home / "registry" / "store"
    for path in [*store.glob("blobs/??/*"), *store.glob("links/??/*")]:
        if path.read_bytes().startswith(f"# {id_} ".encode()):
            path.unlink()


def change_titles(home: Path, title: str) -> None:
    """Write a title into every document of the index, past the checks of publishing."""
    with sqlite3.connect(home / "registry" / "index.sqlite") as db:
        db.execute("UPDATE packages SET document = json_set(document, '$.title', ?)", (title,))
    db.close()
