"""Notices: where one goes that names a contact point, and what it says when that is for nobody else's eyes."""

from __future__ import annotations

from datetime import datetime

from shared.channels.channel import Notice
from shared.domain.configuration import ConfigSnapshot
from shared.errors import Permanent
from shared.events import NoticeRequested
from shared.secrets import Secrets


def named_address(
    request: NoticeRequested, config: ConfigSnapshot, secrets: Secrets
) -> tuple[str, bool] | None:
    """Return the address that a notice names and whether it is a secret; None: wherever the person is reached.

    Raises:
        Permanent: the person or the contact point is not there any more.
    """
    if request.contact_id is None:
        return None if request.address is None else (request.address, False)
    user = config.user_by_id.get(request.user_id)
    points = user.contact_points if user is not None else ()
    point = next((one for one in points if one.id == request.contact_id), None)
    if point is None:
        raise Permanent("the contact point does not exist any more")
    if point.secret_encrypted:
        return secrets.decrypt(point.secret_encrypted), True
    return point.address, False


def expired(request: NoticeRequested, now: datetime) -> str | None:
    """Return why a notice is not sent any more, None while it is."""
    if request.valid_until is None or now < request.valid_until:
        return None
    return f"it was valid until {request.valid_until:%Y-%m-%d %H:%M:%S} UTC only"


def notice_of(row_id: str, request: NoticeRequested, secrets: Secrets, now: datetime) -> Notice:
    """Return what the channel is given, in clear.

    Raises:
        Permanent: it was encrypted with a key that is not there any more.
    """
    text = secrets.decrypt(request.text_encrypted) if request.text_encrypted else request.text
    return Notice(row_id, request.title, text, now, request.mentions)
