"""Mailjet: the Parse API. It does not sign; user and password in the URL prove where it comes from."""

from __future__ import annotations

from typing import Any

from shared.domain.mail import from_parts
from shared.mail_providers.provider import (
    Content,
    Post,
    Provider,
    Received,
    basic_auth,
    object_in,
    text_in,
    unreadable,
)


def read(post: Post) -> Content:
    """Read one mail."""
    body = post.json_object()
    if "Recipient" not in body or "Headers" not in body:
        raise unreadable("Recipient or Headers is missing")
    mail = from_parts(_headers(body), text_in(body, "Text-part"), text_in(body, "Html-part"))
    return (Received((text_in(body, "Recipient"),), mail, text_in(body, "Sender")),)


def _headers(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the headers; one that came several times is a list."""
    found: list[tuple[str, str]] = []
    for name, value in object_in(body, "Headers").items():
        found += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
    have = {name.lower() for name, _ in found}
    spare = ((name, text_in(body, name)) for name in ("Subject", "From", "Date"))
    return [*found, *((name, value) for name, value in spare if value and name.lower() not in have)]


PROVIDER = Provider(
    slug="mailjet",
    title="Mailjet",
    secret="user:password, as they stand in the parse route's URL",
    verify=basic_auth,
    read=read,
)
