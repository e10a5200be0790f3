"""A content store against a plain dictionary: whatever is done in whatever order, both hold the same."""

import tempfile
from pathlib import Path

from hypothesis import settings, strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from marketplace.model.tree import digest_of
from support.market import stores

_DATA = strategies.binary(max_size=40)
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where it exists: what is durable is not asked here
_SETTINGS = settings(max_examples=20, stateful_step_count=25, deadline=None, database=None, derandomize=True)


def holds_like_a_dictionary(kind: str) -> None:  # noqa: C901 - the rules of one machine, each a line or two
    """Run random sequences of operations on a store of that kind and on a dictionary."""

    class Machine(RuleBasedStateMachine):
        known = Bundle("known")

        def __init__(self) -> None:
            super().__init__()
            place = _MEMORY if _MEMORY.is_dir() else None
            self.folder = tempfile.TemporaryDirectory(prefix="ggen-store-", dir=place)
            self.store = stores.make(kind, Path(self.folder.name))
            self.expected: dict[str, bytes] = {}

        def teardown(self) -> None:
            self.folder.cleanup()

        @rule(target=known, data=_DATA)
        def put(self, data: bytes) -> str:
            digest = stores.put(self.store, data)
            self.expected[digest] = data
            return digest

        @rule(contents=strategies.lists(_DATA, max_size=5))
        def put_together(self, contents: list[bytes]) -> None:
            digests = list(map(digest_of, contents))
            assert stores.put_together(self.store, contents)[0].keys() == set(digests) - self.expected.keys()
            self.expected.update(zip(digests, contents, strict=True))

        @rule(target=known, data=_DATA)
        def put_with_the_wrong_digest(self, data: bytes) -> str:
            wrong = digest_of(data + b"x")
            assert stores.code_of(lambda: stores.put(self.store, data, expected=wrong)) == "blob-corrupt"
            return wrong

        @rule(target=known, data=_DATA, limit=strategies.integers(0, 40))
        def put_with_a_limit(self, data: bytes, limit: int) -> str:
            if len(data) > limit:
                assert stores.code_of(lambda: stores.put(self.store, data, limit=limit)) == "blob-too-large"
            else:
                self.expected[stores.put(self.store, data, limit=limit)] = data
            return digest_of(data)

        @rule(digest=known)
        def read(self, digest: str) -> None:
            assert self.store.has(digest) == (digest in self.expected)
            if digest in self.expected:
                assert self.store.read(digest, 40) == stores.streamed(self.store, digest) == self.expected[digest]
            else:
                assert stores.code_of(lambda: self.store.read(digest, 40)) == "blob-missing"

        @rule(keep=strategies.sets(known), dry_run=strategies.booleans())
        def collect(self, keep: set[str], dry_run: bool) -> None:
            gone = self.expected.keys() - keep
            freed = self.store.gc(keep, dry_run=dry_run)
            assert (freed.blobs, freed.bytes) == (len(gone), sum(len(self.expected[digest]) for digest in gone))
            if not dry_run:
                self.expected = {digest: data for digest, data in self.expected.items() if digest in keep}

        @invariant()
        def same(self) -> None:
            assert set(self.store.digests()) == self.expected.keys()
            found = self.store.stats()
            assert (found.blobs, found.bytes) == (len(self.expected), sum(map(len, self.expected.values())))
            assert not list(self.store.verify())

    run_state_machine_as_test(Machine, settings=_SETTINGS)
