"""Phone calls by Vonage's Voice API: the alert is read out, and a key acknowledges, resolves or silences."""

from __future__ import annotations

from typing import Any

from shared.channels import vonage
from shared.channels.channel import Call, Channel, Message, Notice, Reports
from shared.channels.short_texts import phone_number, spoken, spoken_notice
from shared.channels.vonage import VonageSettings
from shared.domain.tickets import ANY

_RING_S = 45


def post(message: Message, target: str, settings: VonageSettings) -> Call:
    """Describe the call; what is said goes along, so that nothing has to be asked of us meanwhile."""
    ticket = message.tickets.get(ANY, "") if message.can_act else ""
    keys_url = vonage.back_url(message, "keys", delivery=message.id, ticket=ticket) if ticket else ""
    body = _body(target, vonage.ncco(spoken(message), keys_url), settings)
    if message.callback_url:
        url = vonage.back_url(message, "status", delivery=message.id)
        body |= {"event_url": [url], "event_method": "POST"}
    return vonage.call("calls", body, message.id, message.sent_at, settings)


def notice(notice: Notice, target: str, settings: VonageSettings) -> Call:
    """Describe a call that says plain words."""
    body = _body(target, vonage.ncco(spoken_notice(notice)), settings)
    return vonage.call("calls", body, notice.id, notice.sent_at, settings)


def _body(target: str, ncco: list[dict[str, Any]], settings: VonageSettings) -> dict[str, Any]:
    return {
        "to": [{"type": "phone", "number": vonage.number(target)}],
        "from": {"type": "phone", "number": vonage.number(settings.number)},
        "ncco": ncco,
        "ringing_timer": _RING_S,
    }


CHANNEL = Channel(
    slug="vonage_call",
    title="Phone call",
    prefix="vonage_",
    settings=VonageSettings,
    unready=vonage.unready,
    post=post,
    read=vonage.read,
    kind="phone",
    pages=("phone_call",),
    provider="vonage",
    address=phone_number,
    notice=notice,
    reports=Reports(),
    callbacks=vonage.CALLBACKS,
)
