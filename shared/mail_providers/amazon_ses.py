"""Amazon SES: a receipt rule with an SNS action; the notification holds the mail. Amazon's certificate proves it."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

import orjson

from shared.domain import sns
from shared.domain.mail import parse
from shared.mail_providers.provider import (
    Confirm,
    Content,
    Ignored,
    Post,
    Proof,
    Provider,
    Received,
    list_in,
    object_in,
    text_in,
    texts,
    unreadable,
)


def certificate(post: Post) -> str:
    """Return where the certificate is that the notification claims to be signed with."""
    return sns.certificate_url(sns.envelope_of(post.body), post.stand_in)


def verify(post: Post, proof: Proof, now: datetime) -> None:
    """Check Amazon's signature over the envelope."""
    sns.verify(sns.envelope_of(post.body), proof.certificate_pem, now)


def read(post: Post) -> Content:
    """Read the mail of a notification; a subscription wants to be confirmed."""
    envelope = sns.envelope_of(post.body)
    if envelope.kind == "SubscriptionConfirmation":
        return Confirm(sns.subscribe_url(envelope, post.stand_in))
    if envelope.kind != "Notification":
        return Ignored("the subscription has ended")
    try:
        event = orjson.loads(envelope.text("Message"))
    except orjson.JSONDecodeError:
        return Ignored("a notification without a mail")
    if not isinstance(event, dict) or event.get("notificationType") != "Received":
        return Ignored("a notification of sending, no mail")
    return (_received(event),)


def _received(event: dict[str, Any]) -> Received:
    receipt, mail = object_in(event, "receipt"), object_in(event, "mail")
    content = text_in(event, "content")
    if not content:
        raise unreadable(
            "the notification does not hold the mail (give the receipt rule an SNS action, not S3)"
        )
    raw = content.encode("utf-8", "replace")
    if object_in(receipt, "action").get("encoding") == "BASE64":
        try:
            raw = base64.b64decode(raw)
        except binascii.Error as error:
            raise unreadable("content is no base64") from error
    return Received(texts(list_in(receipt, "recipients")), parse(raw), text_in(mail, "source"))


PROVIDER = Provider(
    slug="amazon_ses",
    title="Amazon SES",
    secret="",
    verify=verify,
    read=read,
    certificate=certificate,
)
