"""SMS by Twilio: one message per page, answered by "ack 12" and the like."""

from __future__ import annotations

from shared.channels import twilio
from shared.channels.channel import Call, Channel, Message, Notice
from shared.channels.short_texts import phone_number, sms, sms_notice
from shared.channels.twilio import TwilioSettings


def post(message: Message, target: str, settings: TwilioSettings) -> Call:
    """Describe the message; Twilio tells us what became of it."""
    fields = [("To", target), _sender(settings), ("Body", sms(message))]
    if message.callback_url:
        fields.append(("StatusCallback", twilio.back_url(message, "status", delivery=message.id)))
    return twilio.call("Messages", fields, settings)


def notice(notice: Notice, target: str, settings: TwilioSettings) -> Call:
    """Describe plain words to a number."""
    fields = [("To", target), _sender(settings), ("Body", sms_notice(notice))]
    return twilio.call("Messages", fields, settings)


def _sender(settings: TwilioSettings) -> tuple[str, str]:
    if settings.messaging_service_sid:
        return "MessagingServiceSid", settings.messaging_service_sid
    return "From", settings.number


CHANNEL = Channel(
    slug="twilio_sms",
    title="SMS",
    prefix="twilio_",
    settings=TwilioSettings,
    unready=twilio.unready,
    post=post,
    read=twilio.read,
    kind="phone",
    pages=("sms",),
    provider="twilio",
    address=phone_number,
    notice=notice,
    reports=twilio.reports_of("Messages"),
    callbacks=twilio.CALLBACKS,
)
