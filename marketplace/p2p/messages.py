"""What is said on our own streams: frames with a length before them, a JSON object or plain bytes in each."""

import json
from typing import Any

from marketplace.p2p.limits import MAX_FRAME

SYNC = "/ggen/market/sync/1.0.0"
EXCHANGE = "/ggen/market/exchange/1.0.0"
TOPIC = "/ggen/market/packages/1"
KAD = "/ggen/kad/1.0.0"
"""Protocol ids and the gossip topic. A change that old peers would misread gets another number."""

LENGTH_BYTES = 4


class ProtocolError(Exception):
    """A peer said what the protocol does not allow."""


def frame(payload: bytes | memoryview) -> bytes:
    """Return a payload with its length, 4 bytes big-endian, before it."""
    if len(payload) > MAX_FRAME:
        raise ValueError(f"a frame of {len(payload)} bytes is longer than {MAX_FRAME}")
    return b"".join((len(payload).to_bytes(LENGTH_BYTES, "big"), payload))


def length_of(header: bytes) -> int:
    """Return the length that a frame's first bytes give.

    Raises:
        ProtocolError: it is beyond `MAX_FRAME`; nothing of it is to be read.
    """
    length = int.from_bytes(header, "big")
    if length > MAX_FRAME:
        raise ProtocolError(f"a frame of {length} bytes")
    return length


def encode(message: dict[str, object]) -> bytes:
    """Return the frame of a message."""
    return frame(json.dumps(message, separators=(",", ":")).encode())


def decode(payload: bytes) -> dict[str, Any]:
    """Read a message.

    Raises:
        ProtocolError: it is no JSON object.
    """
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("no JSON") from error
    if not isinstance(value, dict):
        raise ProtocolError("no JSON object")
    return value


def whole(message: dict[str, Any], name: str, most: int) -> int:
    """Return a whole number between 0 and `most` from a message.

    Raises:
        ProtocolError: it is missing or something else.
    """
    value = message.get(name)
    if type(value) is not int or not 0 <= value <= most:
        raise ProtocolError(f"{name} is no number up to {most}")
    return value


def texts(message: dict[str, Any], name: str, most: int) -> list[str]:
    """Return a list of at most `most` texts from a message.

    Raises:
        ProtocolError: it is missing or something else.
    """
    value = message.get(name)
    if not isinstance(value, list) or len(value) > most or not all(isinstance(item, str) for item in value):
        raise ProtocolError(f"{name} is no list of up to {most} texts")
    return value
