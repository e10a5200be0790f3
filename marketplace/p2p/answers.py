"""What a node answers on its control socket."""

from collections.abc import Awaitable, Callable, Mapping

import trio

from marketplace.errors import ConflictError, IntegrityError, InvalidInputError, NotFoundError
from marketplace.model.release import Release
from marketplace.model.tree import digest_of
from marketplace.p2p.announce import Announcement
from marketplace.p2p.node import Node
from marketplace.p2p.reputation import Standing
from marketplace.storage.base import MAX_TREE_BYTES, read_tree


class Answers:
    """The answers of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._known: Mapping[str, Callable[[Mapping[str, object]], Awaitable[dict[str, object]]]] = {
            "hello": self._hello,
            "status": self._status,
            "peers": self._peers,
            "ban": self._ban,
            "unban": self._unban,
            "head": self._head,
            "append": self._append,
            "fetch": self._fetch,
            "lookup": self._lookup,
        }

    async def answer(self, request: Mapping[str, object]) -> dict[str, object]:
        """Answer a request.

        Raises:
            InvalidInputError: `usage`, there is no such request; and what the request raises.
        """
        found = self._known.get(str(request.get("do")))
        if found is None:
            raise InvalidInputError("usage", f"the node knows no request {str(request.get('do'))[:80]!r}")
        return await found(request)

    async def _hello(self, _request: Mapping[str, object]) -> dict[str, object]:
        return {"id": self._node.id, "light": self._node.options.light}

    async def _lookup(self, request: Mapping[str, object]) -> dict[str, object]:
        return {"asked": await self._node.look_up(_text(request, "id"))}

    async def _status(self, _request: Mapping[str, object]) -> dict[str, object]:
        node, state = self._node, self._node.state
        views = state.replica.views
        return {
            "id": node.id,
            "addresses": node.addresses,
            "peers": len(node.peers()),
            "mesh": len(node.gossip.mesh()) if node.gossip else 0,
            "light": node.options.light,
            "local": node.local.heard() if node.local else None,
            "publishers": len(state.logs.summary()),
            "entries": len(state.logs),
            "releases": len(state.releases()),
            "awaited": len(state.replica.awaited),
            "digest": state.digest(),
            "contested": {name: list(view.contested) for name, view in views.items() if view.contested},
            "quarantined": state.quarantined(),
            "refused": {f"{id_}@{version}": why for (id_, version), why in state.replica.refused.items()},
            "provided": self._provided(),
        }  # fmt: skip

    def _provided(self) -> list[dict[str, object]]:
        """Return what is announced as provided here, each content with the releases that are shown of it."""
        packages: dict[str, list[str]] = {}
        for release in self._node.state.releases():
            packages.setdefault(release.content_id, []).append(str(release))
        return [
            {"packages": sorted(packages.get(digest, [])), "content_id": digest, "since": item.since,
             "refreshed": item.refreshed, "expires": item.expires, "records": item.records}
            for digest, item in sorted(self._node.directory.provided.items())
        ]  # fmt: skip

    async def _peers(self, _request: Mapping[str, object]) -> dict[str, object]:
        reputation = self._node.state.reputation
        connected, records = self._node.peers(), reputation.known()
        mesh = self._node.gossip.mesh() if self._node.gossip else []
        return {
            "peers": [
                {"id": peer, "connected": peer in connected, "mesh": peer in mesh,
                 "syncs": peer in connected and self._node.syncs(peer),
                 "score": round(reputation.score(peer), 2), "standing": reputation.standing(peer),
                 "offences": dict(records[peer].offences) if peer in records else {},
                 "chunks": records[peer].chunks if peer in records else 0}
                for peer in sorted({*connected, *records})
            ]
        }  # fmt: skip

    async def _ban(self, request: Mapping[str, object]) -> dict[str, object]:
        peer = _peer(request)
        self._node.state.reputation.ban(peer)
        self._node.state.save_reputation()
        self._node.shut_out(peer)
        return {"id": peer, "standing": Standing.BANNED}

    async def _unban(self, request: Mapping[str, object]) -> dict[str, object]:
        peer = _peer(request)
        if peer not in self._node.state.reputation.known():
            hint = "`ggen market node peers` lists those that are known"
            raise NotFoundError("peer-unknown", f"the node knows no peer {peer}", hint=hint)
        self._node.let_in(peer)
        self._node.state.save_reputation()
        return {"id": peer, "standing": Standing.NEUTRAL}

    async def _head(self, request: Mapping[str, object]) -> dict[str, object]:
        head = self._node.state.logs.head(_text(request, "author"))
        if head.fork:
            hint = "publish with a new key: who has seen both entries will not believe this one again"
            raise ConflictError("log-forked", "two entries with one number were signed with this key", hint=hint)
        return {"length": head.length, "hash": head.hash}

    async def _append(self, request: Mapping[str, object]) -> dict[str, object]:
        """Append entries to their author's log, all or none, and spread them."""
        state = self._node.state
        items = _list(request, "entries")
        offered = await trio.to_thread.run_sync(lambda: [self._checked(item) for item in items])
        state.refuse_repeated(item.entry.record for item in offered)  # of several at once the first one is admitted
        length, last = state.logs.head(offered[0].entry.author)[:2]
        for announcement in offered:
            if (announcement.entry.seq - 1, announcement.entry.previous) != (length, last):
                hint = "somebody else has just published with the same key: try again"
                raise ConflictError("log-moved", "the entry does not continue the log", hint=hint)
            length, last = announcement.entry.seq, announcement.entry.hash
        state.admit_announced(offered)
        reached, records = await self._node.publish(offered)
        return {"peers": len(reached), "reached": reached, "provider_records": records}

    def _checked(self, item: object) -> Announcement:
        if not isinstance(item, dict):
            raise InvalidInputError("usage", "an entry is no object")
        entry = self._node.state.verify(_text(item, "entry").encode())
        manifest = _text(item, "manifest").encode()
        if isinstance(entry.record, Release) and digest_of(manifest) != entry.record.manifest:
            raise IntegrityError("release-mismatch", f"the manifest is not that of {entry.record}")
        return Announcement(entry, manifest)

    async def _fetch(self, request: Mapping[str, object]) -> dict[str, object]:
        """Fetch what is lacking of a package: its tree, then its files."""
        node = self._node
        content_id = _text(request, "content_id")
        store = node.state.registry.store
        sent: dict[str, int] = {}
        providers: list[str] = []
        if not store.has(content_id):
            providers = await node.providers(content_id)
            sent = await node.fetcher.fetch_unsized(content_id, MAX_TREE_BYTES, providers)
        tree = read_tree(store, content_id)
        lacking = {entry.digest: entry.size for entry in tree if not store.has(entry.digest)}
        if lacking:
            more = await node.fetcher.fetch(lacking, providers or await node.providers(content_id))
            sent = {peer: sent.get(peer, 0) + more.get(peer, 0) for peer in {*sent, *more}}
        if sent:
            node.provide(content_id)
        return {"files": len(lacking), "bytes": sum(sent.values()), "sources": sent}


def _list(request: Mapping[str, object], name: str) -> list[object]:
    value = request.get(name)
    if not isinstance(value, list) or not value:
        raise InvalidInputError("usage", f"the request needs a list of {name}")
    return value


def _text(request: Mapping[str, object], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise InvalidInputError("usage", f"the request needs {name}")
    return value


def _peer(request: Mapping[str, object]) -> str:
    from marketplace.p2p.library import ID

    text = _text(request, "id")
    try:
        return str(ID.from_base58(text))
    except Exception as error:
        hint = "`ggen market node peers` lists them"
        raise InvalidInputError("invalid-peer-id", f"{text[:80]!r} is not the id of a peer", hint=hint) from error
