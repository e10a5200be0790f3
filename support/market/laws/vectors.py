"""Published Ed25519 test vectors, as the feature files write them."""

from marketplace.errors import MarketError
from marketplace.security.verifier import Ed25519Verifier

ACCEPTED = "accepted"


def unescape(cell: str) -> str:
    """Return the text of a table cell, in which `(none)` stands for nothing and escapes are Python's."""
    return "" if cell == "(none)" else cell.encode("latin-1", "backslashreplace").decode("unicode_escape")


def verdict(key: str, signature: str, message: bytes) -> str:
    """Return `accepted`, or the code of the refusal."""
    try:
        Ed25519Verifier().verify(key, signature, message)
    except MarketError as error:
        return error.code
    return ACCEPTED


def public_key(digits: str) -> str:
    """Return a published key's 64 digits in this product's form."""
    return f"ed25519:{digits}"
