"""What people read of contact points and notification rules: words for channels and kinds, rules as sentences."""

from __future__ import annotations

from services.api.resources.rules import CHANNELS, DEFAULT_WAIT_S
from shared.domain.configuration import Rule
from shared.domain.personal import CHANNEL_PREFIX
from shared.domain.rule_hours import RuleHours

# By the name of a notification rule without notify_by_.
CHANNEL_WORDS = {
    "slack": "a direct message in Slack",
    "sms": "an SMS",
    "phone_call": "a phone call",
    "telegram": "a message in Telegram",
    "mobile_app": "a push message",
    "mobile_app_critical": "an important push message",
    "email": "an e-mail",
    "mattermost": "a direct message in Mattermost",
    "msteams": "a message in Microsoft Teams",
    "webhook": "a call of a webhook",
    "ntfy": "a message by ntfy",
    "pushover": "a message by Pushover",
    "apprise": "a message by Apprise",
}
KIND_WORDS = {
    "email": "E-mail address",
    "phone": "Telephone number",
    "slack": "Slack member id",
    "telegram": "Telegram account",
    "mattermost": "Mattermost user id",
    "ntfy": "ntfy topic",
    "pushover": "Pushover user key",
    "webhook": "Webhook",
    "apprise": "Apprise URL",
}
DAYS = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}
# What is made and not sent.
MADE = frozenset({"phone_call", "webhook"})


def channel_words(channel: str) -> str:
    """Return what a channel sends, with its article."""
    return CHANNEL_WORDS.get(channel, channel.replace("_", " "))


def deed(channel: str) -> str:
    """Return what a rule of a channel does: "Send an SMS"."""
    return f"{'Make' if channel in MADE else 'Send'} {channel_words(channel)}"


# What a rule may be, in the order of its form.
RULE_TYPES = (
    *((one, deed(one.removeprefix(CHANNEL_PREFIX))) for one in CHANNELS),
    ("wait", "Wait"),
)


def rule_sentence(rule: Rule) -> str:
    """Return a notification rule as a sentence without its full stop."""
    if rule.type == "wait":
        seconds = rule.duration or DEFAULT_WAIT_S
        if seconds % 60:
            return f"Wait {seconds} seconds"
        return "Wait 1 minute" if seconds == 60 else f"Wait {seconds // 60} minutes"
    words = deed(rule.type.removeprefix(CHANNEL_PREFIX))
    return words if rule.only_between is None else f"{words}, but only {_hours(rule.only_between)}"


def _hours(hours: RuleHours) -> str:
    words = f"between {hours.from_time[:5]} and {hours.to_time[:5]} ({hours.time_zone})"
    if not hours.weekdays:
        return words
    return f"{words} on {', '.join(DAYS[one] for one in hours.weekdays)}"
