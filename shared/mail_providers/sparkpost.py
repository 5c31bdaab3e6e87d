"""SparkPost (Bird): relay webhooks post batches of raw mails. They do not sign; a token in a header proves the rest."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

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
    """Check the token that the relay webhook was made with."""
    if not proof.secret or not same(post.headers.get("x-messagesystems-webhook-token", ""), proof.secret):
        raise unproven("X-MessageSystems-Webhook-Token is missing or wrong")


def read(post: Post) -> Content:
    """Read the mails of a batch; an empty event is a test of the address."""
    events = post.json()
    if not isinstance(events, list):
        raise unreadable("the body is no list")
    messages = (object_in(object_in(one, "msys"), "relay_message") for one in events if isinstance(one, dict))
    mails = tuple(_mail(one) for one in messages if one)
    return mails or Ignored("no mail in it")


def _mail(message: dict[str, Any]) -> Received:
    content = object_in(message, "content")
    raw = text_in(content, "email_rfc822").encode("utf-8", "replace")
    if content.get("email_rfc822_is_base64") is True:
        try:
            raw = base64.b64decode(raw)
        except binascii.Error as error:
            raise unreadable("email_rfc822 is no base64") from error
    return Received((text_in(message, "rcpt_to"),), parse(raw), text_in(message, "msg_from"))


PROVIDER = Provider(
    slug="sparkpost",
    title="SparkPost",
    secret="the relay webhook's auth_token",
    verify=verify,
    read=read,
)
