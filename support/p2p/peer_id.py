"""Peer ids, computed without the library: base58 of the multihash that has an Ed25519 key inside (libp2p's spec)."""

from nacl.signing import SigningKey

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIX = bytes([0x00, 0x24, 0x08, 0x01, 0x12, 0x20])  # identity multihash of 36 bytes: protobuf {type: Ed25519, data}


def peer_id(seed: bytes) -> str:
    """Return the id of the peer whose key has a seed."""
    data = _PREFIX + SigningKey(seed).verify_key.encode()
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text
