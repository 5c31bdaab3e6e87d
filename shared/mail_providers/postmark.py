"""Postmark: the inbound webhook. It does not sign; user and password in the URL prove where it comes from."""

from __future__ import annotations

from typing import Any

from shared.domain.mail import from_parts
from shared.mail_providers.provider import (
    Content,
    Ignored,
    Post,
    Provider,
    Received,
    basic_auth,
    list_in,
    object_in,
    text_in,
    unreadable,
)


def read(post: Post) -> Content:
    """Read one mail. `MessageID` is Postmark's own; the mail's stands among the headers."""
    body = post.json_object()
    if body.get("RecordType", "Inbound") != "Inbound":
        return Ignored("an event of sending, no mail")
    if "OriginalRecipient" not in body:
        raise unreadable("OriginalRecipient is missing")
    mail = from_parts(_headers(body), text_in(body, "TextBody"), text_in(body, "HtmlBody"))
    return (Received((text_in(body, "OriginalRecipient"),), mail),)


def _headers(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the headers with those that Postmark takes out of them."""
    sender = object_in(body, "FromFull")
    address = text_in(sender, "Email") or text_in(body, "From")
    name = text_in(sender, "Name").replace('"', "")
    taken_out = [
        ("Subject", text_in(body, "Subject")),
        ("From", f'"{name}" <{address}>' if name else address),
        ("To", text_in(body, "To")),
        ("Cc", text_in(body, "Cc")),
        ("Date", text_in(body, "Date")),
    ]
    left = [one for one in list_in(body, "Headers") if isinstance(one, dict)]
    return [*taken_out, *((text_in(one, "Name"), text_in(one, "Value")) for one in left)]


PROVIDER = Provider(
    slug="postmark",
    title="Postmark",
    secret="user:password, as they stand in the webhook's URL",
    verify=basic_auth,
    read=read,
)
