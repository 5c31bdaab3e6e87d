"""Which channels reach people as this server is set up, by the names of notification rules (sms, email …)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.channels.channel import Channel
from shared.channels.registry import CHANNELS
from shared.config import Settings
from shared.domain.contacts import KIND_OF_CHANNEL, Kind


def why_not(settings: Settings, name: str) -> str | None:
    """Return why nobody is reached through a channel, None when people are."""
    reasons = [one.unready(one.settings_from(settings)) for one in _serving(settings, name)]
    if not reasons:
        return f"the channel {name} does not exist on this server"
    return None if None in reasons else reasons[0]


def set_up(settings: Settings, names: Sequence[str]) -> dict[str, str | None]:
    """Return `why_not` of each name."""
    return {name: why_not(settings, name) for name in names}


def channels_for(kind: Kind) -> list[str]:
    """Return the channels that a code to a contact point of a kind can go out by, the preferred one first."""
    shared = [name for name, one in KIND_OF_CHANNEL.items() if one == kind]
    return shared or [kind]


def _serving(settings: Settings, name: str) -> list[Channel[Any, Any]]:
    chosen = ("", settings.phone_provider)
    return [one for one in CHANNELS.values() if name in one.pages and one.provider in chosen]
