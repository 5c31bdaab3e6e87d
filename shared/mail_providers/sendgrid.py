"""Twilio SendGrid: Inbound Parse, parsed by SendGrid or as raw MIME, signed by a security policy."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from email.parser import HeaderParser
from email.policy import compat32
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from shared.domain.mail import Mail, from_parts, parse
from shared.domain.mail_headers import decoded
from shared.mail_providers.provider import (
    Content,
    Post,
    Proof,
    Provider,
    Received,
    list_in,
    text_in,
    texts,
    unproven,
    unreadable,
)

# It tries again for three days; an older signature is not one of its own.
FRESH_S = 73 * 3600
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def verify(post: Post, proof: Proof, now: datetime) -> None:
    """Check the ECDSA signature over the timestamp and the body as it is."""
    timestamp = post.headers.get(TIMESTAMP, "")
    try:
        key = load_der_public_key(base64.b64decode(proof.secret, validate=True))
        signature = base64.b64decode(post.headers.get(SIGNATURE, ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise unproven("its signature, or the public key in the settings, cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise unproven("the public key in the settings is of another kind")
    try:
        key.verify(signature, timestamp.encode("utf-8", "replace") + post.body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise unproven("its signature is missing or wrong") from error
    if not timestamp.isdecimal() or abs(now.timestamp() - int(timestamp[:15])) > FRESH_S:
        raise unproven("its timestamp is too old")


def read(post: Post) -> Content:
    """Read one mail; the envelope names who it is for."""
    form = post.form
    if "email" in form:
        mail = parse(form.raw("email"))
    elif "headers" in form:
        mail = _parsed(post)
    else:
        raise unreadable("neither the field email nor headers is there")
    envelope = _json_object(form.raw("envelope"))
    return (Received(texts(list_in(envelope, "to")), mail, text_in(envelope, "from")),)


def _parsed(post: Post) -> Mail:
    """Put together what SendGrid has taken apart; each field has a charset of its own."""
    charsets = _json_object(post.form.raw("charsets"))
    headers = HeaderParser(policy=compat32).parsestr(post.form.text("headers"))
    text, html = (decoded(post.form.raw(name), text_in(charsets, name) or None) for name in ("text", "html"))
    return from_parts([(name, str(value)) for name, value in headers.raw_items()], text, html)


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


PROVIDER = Provider(
    slug="sendgrid",
    title="SendGrid",
    secret="the public key of the parse webhook's security policy",
    verify=verify,
    read=read,
)
