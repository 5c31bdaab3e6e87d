"""SMS by Vonage's Messages API, answered by "ack 12" and the like."""

from __future__ import annotations

from typing import Any

from shared.channels import vonage
from shared.channels.channel import Call, Channel, Message, Notice, Reports
from shared.channels.short_texts import phone_number, sms, sms_notice
from shared.channels.vonage import VonageSettings


def post(message: Message, target: str, settings: VonageSettings) -> Call:
    """Describe the message; Vonage tells us what became of it."""
    body = _body(target, sms(message), settings) | {"client_ref": message.id[:100]}
    if message.callback_url:
        url = vonage.back_url(message, "status", delivery=message.id)
        body |= {"webhook_url": url, "webhook_version": "v1"}
    return vonage.call("messages", body, message.id, message.sent_at, settings)


def notice(notice: Notice, target: str, settings: VonageSettings) -> Call:
    """Describe plain words to a number."""
    body = _body(target, sms_notice(notice), settings)
    return vonage.call("messages", body, notice.id, notice.sent_at, settings)


def _body(target: str, text: str, settings: VonageSettings) -> dict[str, Any]:
    return {
        "message_type": "text",
        "channel": "sms",
        "to": vonage.number(target),
        "from": vonage.number(settings.number),
        "text": text,
    }


CHANNEL = Channel(
    slug="vonage_sms",
    title="SMS",
    prefix="vonage_",
    settings=VonageSettings,
    unready=vonage.unready,
    post=post,
    read=vonage.read,
    kind="phone",
    pages=("sms",),
    provider="vonage",
    address=phone_number,
    notice=notice,
    reports=Reports(),
    callbacks=vonage.CALLBACKS,
)
