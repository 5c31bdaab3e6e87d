"""Mandrill (Mailchimp Transactional): inbound routes post batches of mails as a form field with JSON in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

import orjson

from shared.domain.mail import parse
from shared.mail_providers.provider import (
    Content,
    Ignored,
    Post,
    Proof,
    Provider,
    Received,
    object_in,
    same,
    text_in,
    unproven,
    unreadable,
)


def verify(post: Post, proof: Proof, _now: datetime) -> None:
    """Check the HMAC-SHA1 over our URL and every field, name and value, in the order of the names."""
    given = post.headers.get("x-mandrill-signature", "")
    signed = post.url.encode() + b"".join(
        name.encode() + value for name, value in sorted(post.form.fields.items())
    )
    expected = base64.b64encode(hmac.new(proof.secret.encode(), signed, hashlib.sha1).digest()).decode()
    if not proof.secret or not same(given, expected):
        raise unproven("X-Mandrill-Signature is missing or wrong")


def read(post: Post) -> Content:
    """Read the mails of a batch; the test of the address is an empty one."""
    try:
        events = orjson.loads(post.form.raw("mandrill_events"))
    except orjson.JSONDecodeError as error:
        raise unreadable("mandrill_events is no JSON") from error
    if not isinstance(events, list):
        raise unreadable("mandrill_events is no list")
    mails = tuple(_mail(object_in(one, "msg")) for one in events if _is_inbound(one))
    return mails or Ignored("no mail in it")


def _is_inbound(event: Any) -> bool:
    return isinstance(event, dict) and event.get("event") == "inbound" and isinstance(event.get("msg"), dict)


def _mail(message: dict[str, Any]) -> Received:
    raw = text_in(message, "raw_msg").encode("utf-8", "replace")
    return Received((text_in(message, "email"),), parse(raw), text_in(message, "from_email"))


PROVIDER = Provider(
    slug="mandrill",
    title="Mandrill",
    secret="the webhook's key; the URL it was given must begin with TOCSIN_INGEST_URL",
    verify=verify,
    read=read,
)
