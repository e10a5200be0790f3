"""Why there is no connection or no answer: what each trouble of certificates and proxies is called, and what helps."""

import http.client
import re
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult

from marketplace.http.base import Failure

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
"""What http.client says of a proxy that refuses to open a tunnel; it tells the status in no other way."""

_MISMATCH = "`ggen market registry list` shows the address; its host must be a name in the certificate"
_HINTS: Mapping[int, str] = {
    9: "is the clock of this machine right? Else tell the registry's operator",
    10: "is the clock of this machine right? Else tell its operator to renew the certificate",
    62: _MISMATCH,
    64: _MISMATCH,
}
"""By OpenSSL's X509_V_ERR: CERT_NOT_YET_VALID, CERT_HAS_EXPIRED, HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH."""

_ALERT = "\x15\x03"
"""How the alert begins by which a TLS server refuses what is no TLS (RFC 8446 section 5.1)."""


def failure_of(error: Exception, proxy: SplitResult | None) -> Failure:
    """Return the failure for what was raised while a connection was made, through a proxy or without."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"its certificate is not good: {error.verify_message}"
        return Failure("certificate", why, hint=_HINTS.get(error.verify_code, ""))
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Failure("tls", f"it does not speak HTTPS, or no version of it in common: {error.reason or error}")
    if proxy is None:
        return Failure("connect", f"it cannot be reached: {told(error)}")
    return _through(proxy, error)


def _through(proxy: SplitResult, error: Exception) -> Failure:
    """Return the failure of a proxy; that it cannot reach the registry (5xx) is no refusal, and may pass."""
    name = f"the proxy {proxy.hostname}:{proxy.port or 80}"
    answered = _TUNNEL.match(str(error))
    status = answered[1] if answered else ""
    if not status or status.startswith("5"):
        return Failure("connect", f"it cannot be reached through {name}: {told(error)}")
    return Failure("407" if status == "407" else "proxy", f"{name} answered {status}")


def no_answer(error: Exception) -> Failure:
    """Return the failure for what was raised while the head of an answer was awaited."""
    if isinstance(error, http.client.BadStatusLine) and str(error).startswith(_ALERT):
        return Failure("tls", "it speaks HTTPS, and its address says http")
    return Failure("read", f"it gave no answer: {told(error)}")


def told(error: BaseException) -> str:
    """Return what went wrong as people say it."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, http.client.HTTPException):
        return f"what came is not HTTP ({type(error).__name__})"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
