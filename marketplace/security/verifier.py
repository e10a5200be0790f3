"""Strict Ed25519 verification on PyNaCl (libsodium).

libsodium refuses malleable and small-order signatures by itself; the checks are made here first so that each has its
own error code. Constants: RFC 8032 section 5.1 (p, L) and the small-order points listed by libsodium and by Chalkias
et al., "Taming the many EdDSAs" (2020), table 6c.
"""

import re

from marketplace.errors import IntegrityError

_KEY = re.compile(r"ed25519:([0-9a-f]{64})", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{128}", re.ASCII)

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_SIGN_BIT = 1 << 255

_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, *(int.from_bytes(bytes.fromhex(point), "little") for point in _ORDER_8)})
"""y coordinates of the eight points whose order divides the cofactor 8."""


def public_bytes(key: str) -> bytes:
    """Return the 32 bytes of a public key written as `ed25519:` and 64 lower-case hexadecimal digits.

    Raises:
        IntegrityError: `key-malformed`, `key-not-canonical` or `key-small-order`.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        hint = "a public key is ed25519: and 64 lower-case hexadecimal digits; `ggen market key export` prints one"
        raise IntegrityError("key-malformed", f"{key[:80]!r} is not a public key", hint=hint)
    data = bytes.fromhex(match[1])
    y = int.from_bytes(data, "little") & ~_SIGN_BIT
    if y >= _P:
        raise IntegrityError("key-not-canonical", "the public key is not in canonical form", key=key)
    if y in _SMALL_ORDER_Y:
        raise IntegrityError("key-small-order", "the public key is of small order: anybody could sign for it", key=key)
    return data


def _signature_bytes(signature: str) -> bytes:
    if not signature:
        hint = "do not use it; ask the publisher for a signed release"
        raise IntegrityError("signature-missing", "there is no signature", hint=hint)
    if not _SIGNATURE.fullmatch(signature):
        raise IntegrityError("signature-malformed", "the signature is not 128 lower-case hexadecimal digits")
    data = bytes.fromhex(signature)
    y = int.from_bytes(data[:32], "little") & ~_SIGN_BIT
    if y >= _P or int.from_bytes(data[32:], "little") >= _L:
        raise IntegrityError("signature-not-canonical", "the signature is not in canonical form")
    if y in _SMALL_ORDER_Y:
        raise IntegrityError("signature-small-order", "the signature's point R is of small order")
    return data


class Ed25519Verifier:
    """Verifies signatures; holds no state and takes no trust decision."""

    def verify(self, key: str, signature: str, message: bytes) -> None:
        """Return when `signature` over `message` is `key`'s.

        Raises:
            IntegrityError: `key-malformed`, `key-not-canonical`, `key-small-order`, `signature-missing`,
                `signature-malformed`, `signature-not-canonical`, `signature-small-order` or `signature-wrong`.
        """
        from nacl.exceptions import BadSignatureError
        from nacl.signing import VerifyKey

        public, signed = public_bytes(key), _signature_bytes(signature)
        try:
            VerifyKey(public).verify(message, signed)
        except BadSignatureError:
            hint = "do not use it: it was altered, or signed by somebody else"
            raise IntegrityError(
                "signature-wrong", f"the signature is not that of {key} over this content", hint=hint
            ) from None
