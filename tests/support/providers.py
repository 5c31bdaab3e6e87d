"""The doubles of everything that pages go to, by channel, and an address of each kind."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.apprise_double import AppriseDouble
from tests.support.http_double import HttpDouble
from tests.support.mattermost_double import MEMBER as MATTERMOST_MEMBER
from tests.support.mattermost_double import MattermostDouble
from tests.support.ntfy_double import NtfyDouble
from tests.support.personal_webhook_double import SECRET, PersonalWebhookDouble
from tests.support.pushover_double import USER, PushoverDouble
from tests.support.slack_people_double import MEMBER, SlackPeopleDouble
from tests.support.telegram_double import TelegramDouble
from tests.support.twilio_double import TwilioDouble
from tests.support.vonage_double import VonageDouble

DOUBLES: dict[str, Callable[[], HttpDouble]] = {
    "twilio_sms": TwilioDouble,
    "twilio_call": TwilioDouble,
    "vonage_sms": VonageDouble,
    "vonage_call": VonageDouble,
    "telegram": TelegramDouble,
    "personal_webhook": PersonalWebhookDouble,
    "apprise": AppriseDouble,
    "ntfy": NtfyDouble,
    "slack": SlackPeopleDouble,
    "mattermost": MattermostDouble,
    "pushover": PushoverDouble,
}
TARGETS: dict[str, str] = {
    "twilio_sms": "+49 30 123456",
    "twilio_call": "+49 (30) 123-456",
    "vonage_sms": "+4930123456",
    "vonage_call": "+4930123456",
    "telegram": "777",
    "personal_webhook": f"https://hooks.example.org/page#{SECRET}",
    "apprise": "gotify://gotify.example.org/AbCdEf",
    "ntfy": "alices-phone",
    "pushover": USER,
    "slack": MEMBER,
    "mattermost": MATTERMOST_MEMBER,
}


def target_of(slug: str, double: HttpDouble) -> str:
    """Return what a person has as contact point for this double."""
    return str(getattr(double, "target", TARGETS[slug]))
