"""The package documents of a registry over HTTP: one command sees one state of each, and many are fetched at once."""

from collections.abc import Callable, Mapping, Sequence

from marketplace.errors import MarketError, NotFoundError
from marketplace.http.client import Client, Mode, Wanted
from marketplace.http.retry import Operation
from marketplace.http.together import together
from marketplace.model.ids import PackageId
from marketplace.protocol import documents, paths
from marketplace.protocol.documents import PackageDocument, PackageEntry


class PackageDocuments:
    """The documents that `client` was asked for, each once.

    Args:
        unknown: returns the error for a package that the registry does not have, made of what it said.
        withdrawn: told of an entry that a document has no more, or of which it has the yank no more (the second one is
            what it has now); raises IntegrityError if that must not be, and the document is then not kept.
        notify: told what the user should know, such as that an entry cannot be read.
    """

    def __init__(
        self, client: Client, unknown: Callable[[PackageId, NotFoundError], NotFoundError],
        withdrawn: Callable[[PackageEntry, PackageEntry | None], None], notify: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._client = client
        self._unknown = unknown
        self._withdrawn = withdrawn
        self._notify = notify
        self._found: dict[PackageId, PackageDocument] = {}
        self._troubles: dict[PackageId, MarketError] = {}

    def __bool__(self) -> bool:
        """Tell whether there is any, and so whether something that the registry says was used."""
        return bool(self._found)

    def of(self, id_: PackageId) -> PackageDocument:
        """Return the document of a package.

        Raises:
            NotFoundError: `package-not-found`.
            MarketError: as `Client.document`.
        """
        trouble = self._troubles.pop(id_, None)
        try:
            if trouble:
                raise trouble
            return self._found.get(id_) or self._keep(id_, self._asked(id_))
        except NotFoundError as error:
            raise self._unknown(id_, error) from error

    def forget(self, id_: PackageId) -> None:
        """Ask for a document anew when it is wanted again."""
        self._found.pop(id_, None)

    def prefetch(self, ids: Sequence[PackageId]) -> Mapping[PackageId, MarketError]:
        """Fetch documents that will be asked for, several at once, within the budget of one operation.

        Returns what was not had, and why; whoever then asks for that document is told so.
        """
        lacking = [id_ for id_ in ids if id_ not in self._found and not self._is_at_hand(id_)]
        if not lacking or self._client.mode is Mode.OFFLINE:
            return {}
        operation = self._client.operation()
        answers = together(lambda id_: self._asked(id_, operation), lacking)
        for id_, answer in answers.items():
            if isinstance(answer, MarketError):
                self._troubles[id_] = answer
            else:
                self._keep(id_, answer)
        return {id_: self._troubles[id_] for id_ in lacking if id_ in self._troubles}

    def _is_at_hand(self, id_: PackageId) -> bool:
        found = self._client.at_hand(_wanted(id_), lambda data: documents.decode_package(data, id_))
        if found is not None:
            self._keep(id_, found)
        return found is not None

    def _asked(self, id_: PackageId, operation: Operation | None = None) -> PackageDocument:
        return self._client.document(
            _wanted(id_), lambda data: documents.decode_package(data, id_), operation, succeed=self._compare
        )

    def _compare(self, old: PackageDocument, new: PackageDocument) -> None:
        shown = {entry.release: entry for entry in new.entries}
        for entry in old.entries:
            now = shown.get(entry.release)
            if now is None or (entry.yank and not now.yank):
                self._withdrawn(entry, now)

    def _keep(self, id_: PackageId, found: PackageDocument) -> PackageDocument:
        for bad in found.bad:
            name = self._client.name
            self._notify(f"{name}: an entry of {id_} cannot be read and was left out: {bad.error.message}")
        self._found[id_] = found
        return found


def _wanted(id_: PackageId) -> Wanted:
    return Wanted(paths.package(id_), f"the document of {id_}", f"ggen market versions {id_}")
