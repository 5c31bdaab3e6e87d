"""Amazon SNS over HTTP: its envelopes, what they are signed over, and which hosts may vouch for them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shared.domain.ingest import Refused

Kind = Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: dict[str, tuple[str, ...]] = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_HOST = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?")
_CERTIFICATE = re.compile(r"/(?:_aws/sns/)?SimpleNotificationService-[0-9A-Za-z]+\.pem")
_HASHES: dict[str, type[hashes.SHA1] | type[hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}
RAW_HEADER = "x-amz-sns-rawdelivery"


@dataclass(frozen=True)
class Envelope:
    """One message as SNS posts it; `fields` is all of it. Nothing in it is true before `verify` has returned."""

    kind: Kind
    fields: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a field, "" when it is missing or no text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""


def envelope_of(body: bytes) -> Envelope:
    """Return the envelope that a request body holds, whatever its content type says.

    Raises:
        Refused: 403, it is none: nothing shows that it comes from Amazon.
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        fields = None
    kind = fields.get("Type") if isinstance(fields, dict) else None
    if kind not in tuple(_SIGNED):
        raise _unproven("the body is no signed Amazon SNS message (is raw message delivery on?)")
    return Envelope(kind, fields)


def certificate_url(envelope: Envelope, endpoint: str = "") -> str:
    """Return where the signing certificate is; `endpoint` is the base URL of a stand-in for Amazon, if any.

    Raises:
        Refused: 403, the URL is not one of Amazon SNS, or not https.
    """
    url = envelope.text("SigningCertURL") or envelope.text("SigningCertUrl")
    path = urlsplit(url).path if _is_amazons(url, endpoint) else ""
    if not _CERTIFICATE.fullmatch(path):
        raise _unproven("SigningCertURL is not one of Amazon SNS")
    return url


def subscribe_url(envelope: Envelope, endpoint: str = "") -> str:
    """Return the URL that confirms the subscription; see `certificate_url`.

    Raises:
        Refused: 403, the URL is not one of Amazon SNS, or not https.
    """
    url = envelope.text("SubscribeURL")
    if not _is_amazons(url, endpoint):
        raise _unproven("SubscribeURL is not one of Amazon SNS")
    return url


def string_to_sign(envelope: Envelope) -> bytes:
    """Return what the signature is over: the names and values of the signed fields, each with a line's end."""
    present = ((name, envelope.fields.get(name)) for name in _SIGNED[envelope.kind])
    return "".join(f"{name}\n{value}\n" for name, value in present if value is not None).encode()


def verify(envelope: Envelope, certificate_pem: bytes, now: datetime) -> None:
    """Check that the holder of the certificate signed this message.

    Raises:
        Refused: 403, it did not, or the certificate is not valid now.
    """
    algorithm = _HASHES.get(str(envelope.fields.get("SignatureVersion")))
    if algorithm is None:
        raise _unproven("its SignatureVersion is neither 1 nor 2")
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = certificate.public_key()
        signature = base64.b64decode(envelope.text("Signature"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise _unproven("its signature or certificate cannot be read") from error
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise _unproven("its certificate is not valid now")
    if not isinstance(key, rsa.RSAPublicKey):
        raise _unproven("its certificate has no RSA key")
    try:
        key.verify(signature, string_to_sign(envelope), padding.PKCS1v15(), algorithm())
    except InvalidSignature as error:
        raise _unproven("its signature is wrong") from error


def _is_amazons(url: str, endpoint: str) -> bool:
    try:
        parts = urlsplit(url)
        host, has_port = parts.hostname or "", parts.port is not None
    except ValueError:
        return False
    if endpoint and url.startswith(endpoint.rstrip("/") + "/"):
        return True
    plain = parts.username is None and parts.password is None and not has_port
    return parts.scheme == "https" and plain and _HOST.fullmatch(host) is not None


def _unproven(reason: str) -> Refused:
    return Refused(403, "unproven", f"Not accepted: {reason}.")
