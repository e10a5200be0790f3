"""What several containers do to one registry on a shared volume: publish, search and install at the same time."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Timer

from support.cleanroom.containers import GenericContainer
from support.cleanroom.engine.base import EngineError, ExecResult
from support.market.marketplace_room import PROJECT, MarketplaceRoom

_KILLED = 137
_NOT_FOUND = 4
_INIT = 'ggen market init "$1" --id "$2" --title "$3" --quiet && echo "$4" >> "$1/README.md"'
# With the library, in one process: publishes a package, or finds packages and reads every file of each.
_LIBRARY = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from marketplace.model.ids import PackageId
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchQuery
from marketplace.security.keys import KeyRing
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from marketplace.storage.base import read_tree
from marketplace.storage.filesystem import FilesystemStore
home = Path(os.environ["GGEN_HOME"])
registry = LocalRegistry(home / "registry", trust=lambda: TrustStore(home / "keys" / "trust.json"))
def publish(folder):
    source = FolderSource.read(Path(folder))
    signer = KeyRing(home / "keys").load("default")
    registry.publish(source, build_release(source, signer, datetime.now(UTC)))
    return str(source.manifest.id)
def search(text):
    return sorted(str(hit.document.id) for hit in registry.search(SearchQuery(text, limit=100)).hits)
def fetch(id_):
    release = registry.get_package(PackageId.parse(id_)).latest.release
    store = FilesystemStore(home / "fetched", notify=lambda text: None)
    registry.fetch(release, store)
    found = read_tree(store, release.content_id)
    return sum(len(store.read(entry.digest, entry.size)) == entry.size for entry in found)
print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
"""


@dataclass(frozen=True, slots=True)
class Publishing:
    """What came of several publishers: their commands' outcomes, and what readers beside them saw."""

    outcomes: tuple[ExecResult, ...]
    looks: tuple[frozenset[str], ...] = ()


class Market:
    """A marketplace room with publishers who share the key of the first one."""

    def __init__(self, marketplace: MarketplaceRoom) -> None:
        self.marketplace = marketplace
        self.user = marketplace.user()

    def publisher(self, folders: Mapping[str, str]) -> GenericContainer:
        """Start a container with the key, and with package folders by id, each with a line of its own in its text."""
        container = self.marketplace.user("publisher")
        self.marketplace.add_key(container)
        for id_, line in folders.items():
            self.marketplace.run(container, ["sh", "-c", _INIT, "init", id_, id_, f"Race {id_}", line])
        return container

    def publish_at_once(self, publishers: Sequence[GenericContainer], ids: Sequence[str]) -> Publishing:
        """Let each container publish its folder at the same time."""
        with ThreadPoolExecutor(len(publishers)) as pool:
            return Publishing(tuple(pool.map(self._publish, publishers, ids)))

    def publish_while_searching(self, publishers: Sequence[GenericContainer], ids: Sequence[str]) -> Publishing:
        """Do the same while the user searches again and again."""
        with ThreadPoolExecutor(len(publishers)) as pool:
            running = [pool.submit(self._publish, *pair) for pair in zip(publishers, ids, strict=True)]
            looks = [self.found()]
            while not all(one.done() for one in running):
                looks.append(self.found())
            return Publishing(tuple(one.result() for one in running), (*looks, self.found()))

    def _publish(self, container: GenericContainer, id_: str) -> ExecResult:
        return self.marketplace.run(container, ["ggen", "market", "publish", id_])

    def found(self) -> frozenset[str]:
        """Return the ids that a search for `race` shows the user."""
        done = self.marketplace.run(self.user, ["ggen", "market", "search", "race", "--json", "--limit", "100"])
        if done.exit_code not in (0, _NOT_FOUND):
            raise AssertionError(f"a search failed: {done}")
        return frozenset(hit["id"] for hit in json.loads(done.stdout)["results"])

    def killed_after(self, container: GenericContainer, id_: str, seconds: float) -> bool:
        """Let a container publish, and kill it so many seconds later; return whether it was killed in the middle."""
        timer = Timer(seconds, container.kill)
        timer.start()
        try:
            return self._publish(container, id_).exit_code == _KILLED
        except EngineError:  # the engine lost its container while it waited
            return True
        finally:
            timer.join()

    def whole_or_absent(self, ids: Iterable[str]) -> dict[str, str]:
        """Return `published` or `absent` for each package: whatever else the user meets is the product's fault."""
        for verb in (["index", "verify"], ["cache", "verify"]):
            self._must(["ggen", "market", *verb])
        found = self.found()
        left = {id_: "published" if id_ in found else "absent" for id_ in ids}
        for id_ in found & set(left):
            self.install(id_)
        return left

    def install(self, id_: str) -> bytes:
        """Add a package to the user's project and verify it; return its README as it was installed."""
        self._must(["ggen", "market", "add", id_])
        self._must(["ggen", "market", "verify"])
        shown = self._must(["sh", "-c", f'cat {PROJECT}/.ggen/packages/"$0"/README.md', id_])
        return shown.stdout

    def _must(self, argv: Sequence[str]) -> ExecResult:
        done = self.marketplace.run(self.user, argv)
        assert done.exit_code == 0, done
        return done

    def by_library(self, container: GenericContainer, *call: str) -> object:
        """Call `publish`, `search` or `fetch` of the library, in one process of a container."""
        done = self.marketplace.run(container, ["python", "-c", _LIBRARY, *call])
        assert done.exit_code == 0, done
        return json.loads(done.stdout)

    def kill_each(self, publishers: Mapping[str, GenericContainer]) -> dict[str, bool]:
        """Let the first publisher by id end, and kill the others at parts of the time that it took.

        Return which of them were in the middle.
        """
        first, *others = publishers
        begin = time.monotonic()
        done = self._publish(publishers[first], first)
        took = time.monotonic() - begin
        assert done.exit_code == 0, done
        parts = [(number + 1) / (len(others) + 1) for number in range(len(others))]
        return {
            id_: self.killed_after(publishers[id_], id_, part * took) for id_, part in zip(others, parts, strict=True)
        }
