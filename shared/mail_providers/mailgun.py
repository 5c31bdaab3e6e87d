"""Mailgun: a route's forward() to our URL, parsed by Mailgun or (URL ends in "mime") as raw MIME."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

import orjson

from shared.domain.mail import Mail, from_parts, parse
from shared.mail_providers.provider import (
    Content,
    Ignored,
    Post,
    Proof,
    Provider,
    Received,
    same,
    unproven,
    unreadable,
)

# It tries again for 8 h; an older signature is not one of its own.
FRESH_S = 12 * 3600


def verify(post: Post, proof: Proof, now: datetime) -> str:
    """Check the HMAC over timestamp and token. It does not cover the body: the token must not come with another."""
    timestamp, token, signature = (post.form.text(name) for name in ("timestamp", "token", "signature"))
    if not (timestamp and token and signature):
        raise unproven("timestamp, token or signature is missing")
    message = f"{timestamp}{token}".encode("utf-8", "replace")
    expected = hmac.new(proof.secret.encode(), message, hashlib.sha256).hexdigest()
    if not proof.secret or not same(signature, expected):
        raise unproven("its signature is wrong")
    if not timestamp.isdecimal() or abs(now.timestamp() - int(timestamp[:15])) > FRESH_S:
        raise unproven("its timestamp is too old")
    return token


def read(post: Post) -> Content:
    """Read one mail; `recipient` may name several addresses."""
    form = post.form
    if "event" in form and form.text("event") != "inbound":
        return Ignored("an event of sending, no mail")
    mail = parse(form.raw("body-mime")) if "body-mime" in form else _parsed(post)
    recipients = tuple(one.strip() for one in form.text("recipient").split(",") if one.strip())
    return (Received(recipients, mail, form.text("sender")),)


def _parsed(post: Post) -> Mail:
    form = post.form
    try:
        pairs = orjson.loads(form.raw("message-headers") or b"[]")
        headers = [(str(name), str(value)) for name, value in pairs]
    except (orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise unreadable("message-headers is no list of names and values") from error
    have = {name.lower() for name, _ in headers}
    spare = (("Subject", form.text("subject")), ("From", form.text("from")))
    headers += [(name, value) for name, value in spare if value and name.lower() not in have]
    return from_parts(headers, form.text("body-plain"), form.text("body-html"))


PROVIDER = Provider(
    slug="mailgun",
    title="Mailgun",
    secret="the HTTP webhook signing key",
    verify=verify,
    read=read,
)
