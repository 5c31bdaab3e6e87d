"""Phone calls by Twilio: the alert is read out, and a key acknowledges, resolves or silences."""

from __future__ import annotations

from shared.channels import twilio
from shared.channels.channel import Call, Channel, Message, Notice
from shared.channels.short_texts import phone_number, spoken, spoken_notice
from shared.channels.twilio import TwilioSettings
from shared.domain.tickets import ANY

_RING_S = 45


def post(message: Message, target: str, settings: TwilioSettings) -> Call:
    """Describe the call; what is said goes along, so that nothing has to be asked of us meanwhile."""
    ticket = message.tickets.get(ANY, "") if message.can_act else ""
    keys_url = twilio.back_url(message, "keys", delivery=message.id, ticket=ticket) if ticket else ""
    fields = [
        ("To", target),
        ("From", settings.number),
        ("Twiml", twilio.twiml(spoken(message), keys_url)),
        ("Timeout", str(_RING_S)),
    ]
    if message.callback_url:
        fields += [
            ("StatusCallback", twilio.back_url(message, "status", delivery=message.id)),
            ("StatusCallbackMethod", "POST"),
            ("StatusCallbackEvent", "answered"),
            ("StatusCallbackEvent", "completed"),
        ]
    return twilio.call("Calls", fields, settings)


def notice(notice: Notice, target: str, settings: TwilioSettings) -> Call:
    """Describe a call that says plain words."""
    said = twilio.twiml(spoken_notice(notice))
    fields = [("To", target), ("From", settings.number), ("Twiml", said), ("Timeout", str(_RING_S))]
    return twilio.call("Calls", fields, settings)


CHANNEL = Channel(
    slug="twilio_call",
    title="Phone call",
    prefix="twilio_",
    settings=TwilioSettings,
    unready=twilio.unready,
    post=post,
    read=twilio.read,
    kind="phone",
    pages=("phone_call",),
    provider="twilio",
    address=phone_number,
    notice=notice,
    reports=twilio.reports_of("Calls"),
    callbacks=twilio.CALLBACKS,
)
