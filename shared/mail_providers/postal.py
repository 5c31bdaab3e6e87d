"""Postal: an HTTP endpoint that gets raw messages as JSON, signed with the server's RSA key."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from shared.domain.mail import parse
from shared.mail_providers.provider import (
    Content,
    Ignored,
    Post,
    Proof,
    Provider,
    Received,
    text_in,
    unproven,
    unreadable,
)

# The newer header is over SHA-256, the older over SHA-1; a server sends the older or both.
_SIGNATURES: tuple[tuple[str, type[hashes.SHA256] | type[hashes.SHA1]], ...] = (
    ("x-postal-signature-256", hashes.SHA256),
    ("x-postal-signature", hashes.SHA1),
)


def verify(post: Post, proof: Proof, _now: datetime) -> None:
    """Check the RSA signature over the body as it is."""
    key = _key(proof.secret)
    for header, algorithm in _SIGNATURES:
        if header in post.headers:
            try:
                signature = base64.b64decode(post.headers[header], validate=True)
                key.verify(signature, post.body, padding.PKCS1v15(), algorithm())
            except (binascii.Error, ValueError, InvalidSignature) as error:
                raise unproven("its signature is wrong") from error
            return
    raise unproven("X-Postal-Signature is missing")


def read(post: Post) -> Content:
    """Read one mail, as it was received."""
    body = post.json_object()
    if "status" in body or "event" in body:
        return Ignored("an event of sending, no mail")
    if "message" not in body:
        raise unreadable("message is missing (choose the format raw)")
    raw = text_in(body, "message").encode("utf-8", "replace")
    if body.get("base64") is True:
        try:
            raw = base64.b64decode(raw)
        except binascii.Error as error:
            raise unreadable("message is no base64") from error
    return (Received((text_in(body, "rcpt_to"),), parse(raw), text_in(body, "mail_from")),)


def _key(secret: str) -> rsa.RSAPublicKey:
    """Read the key, also as it stands in Postal's DNS record for DKIM (p=…) or in a PEM file."""
    words = "".join(one for one in secret.splitlines() if "-----" not in one)
    try:
        key = load_der_public_key(base64.b64decode("".join(words.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise unproven("the public key in the settings cannot be read") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise unproven("the public key in the settings is of another kind")
    return key


PROVIDER = Provider(
    slug="postal",
    title="Postal",
    secret="the server's public key, base64 (its default DKIM record's p=…)",
    verify=verify,
    read=read,
    # It takes 5xx as final and bounces the mail.
    later=429,
)
