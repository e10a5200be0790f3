"""Certificates as a company makes them: an authority of its own, and one below it that signs those of servers."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate chain and its key, both in PEM form, as a server takes them."""

    chain: Path
    key: Path


class Authority:
    """An authority, and one below it by which it signs; `file` is what those have who trust it.

    Args:
        folder: where its files go; it must be there.
        name: what it is called.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _certificate(f"{name} root", root_key, f"{name} root", root_key, authority=True)
        self._below = _certificate(f"{name} servers", self._key, f"{name} root", root_key, authority=True)
        self._name = f"{name} servers"
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(_pem(root))

    def issue(self, host: str, *, first: int = -1, last: int = 1, whole: bool = True) -> Issued:
        """Make a certificate for a host's name or address, good from `first` to `last` in days from now.

        Without `whole` the chain lacks the certificate of the authority that signed it.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _certificate(host, key, self._name, self._key, first=first, last=last)
        place = self._folder / f"server-{leaf.serial_number:x}"
        issued = Issued(place.with_suffix(".pem"), place.with_suffix(".key"))
        issued.chain.write_bytes(_pem(leaf) + (_pem(self._below) if whole else b""))
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return issued


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, *,
    authority: bool = False, first: int = -1, last: int = 1,
) -> x509.Certificate:  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + first * _DAY)
        .not_valid_after(now + last * _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(subject)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
