"""Certificates made for one test: for a mail server, for a signer that plays Amazon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Made:
    """A self-signed certificate and its key."""

    key: rsa.RSAPrivateKey
    pem: bytes

    @property
    def valid_at(self) -> datetime:
        """A moment at which it is valid."""
        return x509.load_pem_x509_certificate(self.pem).not_valid_before_utc + timedelta(days=1)

    @property
    def key_pem(self) -> bytes:
        """The key, unencrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def written(self, folder: Path, name: str = "server") -> tuple[Path, Path]:
        """Write both; return the paths of certificate and key."""
        chain, key = folder / f"{name}.pem", folder / f"{name}.key"
        chain.write_bytes(self.pem)
        key.write_bytes(self.key_pem)
        return chain, key


def a_certificate(name: str, valid_from: datetime | None = None, days: int = 30) -> Made:
    """Make one for a host name; it is valid from yesterday, unless another day is given."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = valid_from or datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Made(key, certificate.public_bytes(Encoding.PEM))
