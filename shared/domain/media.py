"""Which media a group must be rendered for: those that somebody may be shown or told it through."""

from __future__ import annotations

from shared.domain.configuration import ConfigSnapshot, Route
from shared.domain.personal import channel_of, rules_of

CHATS = ("slack", "telegram", "mattermost", "msteams")
RENDERED = ("web", "slack", "telegram", "sms", "phone_call", "email", "mobile_app", "mattermost", "msteams")
_MEDIUM_OF = dict.fromkeys(("mobile_app_critical", "ntfy", "pushover", "apprise"), "mobile_app")


def media_of(route: Route | None, config: ConfigSnapshot) -> tuple[str, ...]:
    """Return the media of one route: web always, its chats, and the channels of everybody its chain may notify."""
    media = {"web"}
    if route is not None:
        media |= {name for name in CHATS if getattr(route, name).enabled}
        for step in config.steps_of.get(route.escalation_chain_id or "", ()):
            for user_id in step.parameters.get("persons_to_notify") or ():
                media |= _channels(config, user_id, step.important)
    return tuple(name for name in RENDERED if name in media)


def _channels(config: ConfigSnapshot, user_id: str, important: bool) -> set[str]:
    channels = {channel_of(rule) for rule in rules_of(config, user_id, important) if rule.type != "wait"}
    return {_MEDIUM_OF.get(one, one) for one in channels}
