"""Gossip: announcements to and from the peers that listen to the packages topic. It is a hint that wakes: sync is the
truth.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

from marketplace.errors import IntegrityError
from marketplace.model.entry import Verify
from marketplace.p2p import hardening
from marketplace.p2p.announce import Announcement
from marketplace.p2p.library import ID, background_trio_service, get_content_addressed_msg_id, rpc_pb2
from marketplace.p2p.limits import MAX_ANNOUNCE, MAX_SUBSCRIPTIONS
from marketplace.p2p.messages import TOPIC

PROTOCOLS = ["/meshsub/1.1.0", "/meshsub/1.0.0"]

DEGREES = 3, 2, 4
"""D, Dlo and Dhi: the specification's 6, 5 and 12 make a full mesh, and so a flood, of a network of five."""


class Gossip:
    """The packages topic, as one node hears it.

    Args:
        heard: called with each valid announcement and the peer that made the message.
        avoids: tells of a peer id whether that peer is kept out of the mesh.
    """

    def __init__(
        self, host: Any, verify: Verify, heard: Callable[[Announcement, str], None], blame: hardening.Blame,
        avoids: Callable[[str], bool],
    ) -> None:  # fmt: skip
        self._verify = verify
        self._heard = heard
        self._router = hardening.gossip_router(PROTOCOLS, DEGREES, blame, avoids)
        self._pubsub = hardening.HardenedPubsub(
            host, self._router, blame, msg_id_constructor=_message_id, allowed_topics=frozenset({TOPIC}),
            max_inbound_rpc_size=4 * MAX_ANNOUNCE, max_subscriptions_per_rpc=MAX_SUBSCRIPTIONS,
            max_subscriptions_per_peer=MAX_SUBSCRIPTIONS,
        )  # fmt: skip
        self._pubsub.set_topic_validator(TOPIC, self._is_valid, is_async_validator=False)

    def _is_valid(self, _forwarder: ID, message: rpc_pb2.Message) -> bool:
        try:
            Announcement.decode(message.data, self._verify)
        except IntegrityError:
            return False
        return True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen and forward while the block runs."""
        async with background_trio_service(self._pubsub), background_trio_service(self._router):
            await self._pubsub.wait_until_ready()
            subscription = await self._pubsub.subscribe(TOPIC)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._listen, subscription)
                yield
                nursery.cancel_scope.cancel()

    async def _listen(self, subscription: Any) -> None:
        while True:
            message = await subscription.get()
            announcement = Announcement.decode(message.data, lambda _key, _signature, _text: None)
            self._heard(announcement, str(ID(message.from_id)))

    async def publish(self, announcement: Announcement) -> bool:
        """Announce to the mesh; False when the announcement is too long to be gossiped."""
        data = announcement.encode()
        if data is not None:
            await self._pubsub.publish(TOPIC, data)
        return data is not None

    def mesh(self) -> list[str]:
        """Return the peers that this node forwards to and hears from."""
        return sorted(str(peer) for peer in self._router.mesh.get(TOPIC, ()))

    def shut_out(self, peer: ID) -> None:
        """Neither hear a banned peer nor speak to it."""
        self._pubsub.add_to_blacklist(peer)

    def let_in(self, peer: ID) -> None:
        """Take a ban back."""
        self._pubsub.remove_from_blacklist(peer)


def _message_id(message: rpc_pb2.Message) -> bytes:
    """Return the id of a message by its content: the same entry under another number is no new message."""
    found: bytes = get_content_addressed_msg_id(message)
    return found
