"""What the library's gossip does: with what ends the process, with what is lost, and with what keeps a node busy."""

from typing import Any

import trio
from libp2p.peer.peerstore import env_to_send_in_RPC
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import get_content_addressed_msg_id
from libp2p.utils import encode_varint_prefixed

from support.p2p.lab import LOOPBACK, MESH, SOON, TOPIC, Lab, Peer, control, send, survives, until

_BURST = 300


# --- what ends the process --------------------------------------------------------------------------------------------


async def garbage(lab: Lab) -> str:
    """Send what is no protobuf on a gossip stream."""
    async with lab.peers(2) as (victim, other):
        stream = await other.host.new_stream(victim.host.get_id(), [MESH])
        await stream.write(encode_varint_prefixed(b"\xff" * 40))
        return await survives(victim, other)


async def bad_key(lab: Lab) -> str:
    """Send a message whose key cannot be decoded."""
    async with lab.peers(2) as (victim, other):
        hashed_id = bytes([0x12, 32]) + bytes(32)  # not one that has its key inside
        await send(victim, other, from_id=hashed_id, key=b"\xff" * 12, signature=b"x" * 64)
        await until(lambda: victim.blamed)
        return "it is named" if victim.blamed else "it goes on"


async def raising_handler(lab: Lab) -> str:
    """Have a stream handler of our own raise."""
    async with lab.peers(2) as (victim, other):

        async def handler(stream: Any) -> None:
            await stream.read(1)
            raise KeyError("a defect")

        victim.host.set_stream_handler("/rows/raises", handler)
        stream = await other.host.new_stream(victim.host.get_id(), ["/rows/raises"])
        await stream.write(b"x")
        return await survives(victim, other)


async def dropped_twice(lab: Lab) -> str:
    """Ban a peer whose stream ends on its own while the ban ends it."""
    async with lab.peers(2) as (victim, other):
        peer = other.host.get_id()
        stream = victim.pubsub.peers[peer]
        reset = stream.reset

        async def ends_meanwhile() -> None:
            await reset()
            victim.pubsub._handle_dead_peer(peer)

        stream.reset = ends_meanwhile
        victim.pubsub.add_to_blacklist(peer)
        gone = await until(lambda: peer not in victim.pubsub.peers)
        await trio.sleep(0.2)  # what the ban raises would come now
        return "it is gone" if gone and peer not in victim.pubsub.peer_topics.get(TOPIC, ()) else "it is there"


async def forged(lab: Lab) -> str:
    """Send a message with a wrong signature."""
    async with lab.peers(2) as (victim, other):
        key = other.host.get_public_key().serialize()
        await send(victim, other, key=key, signature=b"x" * 64)
        await until(lambda: victim.blamed, lab.waits(mended=True))
        return "it is named" if victim.blamed else "nobody is named"


# --- what is lost -----------------------------------------------------------------------------------------------------


async def ten_a_second(lab: Lab) -> str:
    """Publish a burst, slowly enough for every queue."""
    async with lab.peers(2) as (sender, receiver):
        return await count(lab, sender, receiver, pause=0.005)


async def slots(lab: Lab) -> str:
    """Publish a burst at once, with the ten a second allowed."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        return await count(lab, sender, receiver, pause=0.0)


async def count(lab: Lab, sender: Peer, receiver: Peer, pause: float) -> str:
    """Publish a burst and tell whether all came."""
    await until(lambda: sender.router.mesh.get(TOPIC))
    for number in range(_BURST):
        await sender.pubsub.publish(TOPIC, b"%d" % number)
        await trio.sleep(pause)
    return await count_coming(lab, receiver)


async def slow_reader(lab: Lab) -> str:
    """Have the receiver's own reader come late."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        await until(lambda: sender.router.mesh.get(TOPIC))
        for number in range(_BURST):
            await sender.pubsub.publish(TOPIC, b"%d" % number)
            await trio.sleep(0.005)
        await trio.sleep(1.0)
        return await count_coming(lab, receiver)


async def count_coming(lab: Lab, receiver: Peer) -> str:
    """Tell whether the whole burst comes before nothing does for a while."""
    for _ in range(_BURST):
        with trio.move_on_after(SOON if lab.mended else 3.0) as scope:
            await receiver.heard.get()
        if scope.cancelled_caught:
            return "some are lost"
    return "all come"


async def outside(lab: Lab) -> str:
    """Look who is told of messages by the heartbeat, after a peer was pruned from the mesh."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        peer = receiver.host.get_id()
        await until(lambda: peer in sender.router.mesh.get(TOPIC, ()))
        sender.router.mesh[TOPIC].discard(peer)
        sender.router._add_back_off(peer, TOPIC, False)
        await sender.pubsub.publish(TOPIC, b"x")
        return "they are told" if peer in sender.router.gossip_heartbeat() else "nobody is told"


async def known_already(lab: Lab) -> str:
    """Tell a peer of a message that it has, where ids are made of the content."""
    async with lab.peers(2, msg_id_constructor=get_content_addressed_msg_id) as (sender, receiver):
        await until(lambda: sender.router.mesh.get(TOPIC))
        await sender.pubsub.publish(TOPIC, b"x")
        await receiver.heard.get()
        asked = count_wishes(receiver)
        await sender.router.emit_ihave(TOPIC, sender.router.mcache.window(TOPIC), receiver.host.get_id())
        await until(lambda: asked, lab.waits(mended=False))
        return "it asks again" if asked else "it has it"


def count_wishes(receiver: Peer) -> list[bytes]:
    """Return a list to which a peer adds the ids of all that it asks another for."""
    wishes: list[bytes] = []
    emit = receiver.router.emit_iwant

    async def counted(ids: list[bytes], *rest: Any) -> None:
        wishes.extend(ids)
        await emit(ids, *rest)

    receiver.router.emit_iwant = counted
    return wishes


# --- what keeps a node busy -------------------------------------------------------------------------------------------


async def graft_flood(lab: Lab) -> str:
    """Graft a topic in backoff two hundred times in one frame; each answer costs the victim milliseconds."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        flooder = other.host.get_id()
        await until(lambda: victim.router.mesh.get(TOPIC))
        victim.router._add_back_off(flooder, TOPIC, False)
        answers = count_answers(victim)
        await control(victim, other, graft=[rpc_pb2.ControlGraft(topicID=TOPIC)] * 200)
        await until(lambda: len(answers) >= 200 or victim.blamed)
        named = (str(flooder), "flood") in victim.blamed and len(answers) < 8  # the two have a word of their own
        return "it is named" if named else "each is answered" if len(answers) >= 200 else f"{len(answers)} answers"


async def unknown_grafts(lab: Lab) -> str:
    """Graft topics that are not the victim's, few at a time."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        answers = count_answers(victim)
        await control(victim, other, graft=[rpc_pb2.ControlGraft(topicID=f"t{number}") for number in range(8)])
        await until(lambda: len(answers) == 8, lab.waits(mended=False))
        return "they are answered" if len(answers) == 8 else "they are ignored" if not answers else f"{len(answers)}"


def count_answers(victim: Peer) -> list[str]:
    """Return a list to which a peer adds the topic of each prune with which it answers."""
    answers: list[str] = []
    emit = victim.router.emit_prune

    async def counted(topic: str, *rest: Any) -> None:
        answers.append(topic)
        await emit(topic, *rest)

    victim.router.emit_prune = counted
    return answers


async def unknown_prunes(lab: Lab) -> str:
    """Prune topics that are not the victim's."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        await control(victim, other, prune=[rpc_pb2.ControlPrune(topicID=f"t{number}") for number in range(8)])
        remembered = await until(lambda: "t7" in victim.router.back_off, lab.waits(mended=False))
        return "they are remembered" if remembered else "they are forgotten"


async def avoided(lab: Lab) -> str:
    """Come to avoid a peer in the mesh, which grafts again."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        one, two = victim.host.get_id(), other.host.get_id()
        meshes = [(victim.router.mesh[TOPIC], two), (other.router.mesh[TOPIC], one)]
        await until(lambda: all(peer in mesh for mesh, peer in meshes))
        victim.avoided.add(str(two))
        left = await until(lambda: not any(peer in mesh for mesh, peer in meshes), lab.waits(mended=True))
        answers = count_answers(victim)
        await control(victim, other, graft=[rpc_pb2.ControlGraft(topicID=TOPIC)])
        await until(lambda: answers, lab.waits(mended=True))
        return "it is kept out" if left and answers and two not in meshes[0][0] else "it stays"


async def named_in_prune(lab: Lab) -> str:
    """Prune, and name another peer to go to: a stranger, which the victim has never heard of."""
    stranger = lab.host(9)
    async with lab.peers(2, spam_protection=False) as (victim, other), stranger.run([LOOPBACK]):
        await until(lambda: other.host.get_id() in victim.router.mesh.get(TOPIC, ()))
        record, _ = env_to_send_in_RPC(stranger)
        named = rpc_pb2.PeerInfo(peerID=stranger.get_id().to_bytes(), signedPeerRecord=record)
        await control(victim, other, prune=[rpc_pb2.ControlPrune(topicID=TOPIC, peers=[named], backoff=60)])
        await until(lambda: other.host.get_id() not in victim.router.mesh[TOPIC])
        dialled = await until(lambda: victim.host.get_id() in stranger.get_connected_peers(), lab.waits(mended=False))
        return "it is dialled" if dialled else "it is ignored"
