"""How the installation is set up: which ways out work and what is missing of the others; nothing secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from services.api.console.people_words import channel_words
from services.api.console.rendering import duration
from services.api.console.visits import Visit
from shared.channels.registry import CHANNELS
from shared.channels.slack_directory import MEMBERS
from shared.config import Settings
from shared.store.slack_directory import SlackDirectory

PATH = "/settings"
NEVER = "never"


@dataclass(frozen=True)
class ChannelRow:
    """One way out: what it serves, and why it cannot be used ("" when it can)."""

    title: str
    serves: str
    missing: str


async def show_settings(visit: Visit) -> web.Response:
    """GET: channels, what Slack told last, and the settings that people meet."""
    settings = visit.api.settings
    config = await visit.api.configuration.load()
    readings = await SlackDirectory(visit.api.database).readings()
    return visit.page(
        "settings.html",
        channels=channel_rows(settings),
        readings=[(_list_name(one.id), one) for one in sorted(readings, key=lambda one: one.id)],
        facts=facts_of(settings),
        version=config.version,
        counts=_counts(config.user_groups, config.slack_channels),
    )


def channel_rows(settings: Settings) -> list[ChannelRow]:
    """Return every way out, those that work first; of providers of the same only the chosen one counts."""
    rows = []
    for one in CHANNELS.values():
        missing = one.unready(one.settings_from(settings)) or ""
        if one.provider and one.provider != settings.phone_provider:
            missing = f"another provider is chosen: {settings.phone_provider}"
        serves = [channel_words(name) for name in one.pages]
        chat = ["posts of routes"] if one.chat is not None else []
        title = f"{one.title} ({one.provider})" if one.provider else one.title
        rows.append(ChannelRow(title, ", ".join((*chat, *serves)), missing))
    return sorted(rows, key=lambda one: (bool(one.missing), one.title.casefold()))


def facts_of(settings: Settings) -> list[tuple[str, str]]:
    """Return the settings that people meet, in words; no secret and no address that holds one is among them."""
    return [
        ("Address of this console", settings.public_url),
        ("Address for alerts", settings.ingest_url),
        ("Mail for integrations comes to", settings.inbound_email_domain or "no domain"),
        ("Resolved groups are kept for", f"{settings.retention_days} days"),
        ("Acknowledge reminder", _span(settings.acknowledge_reminder_s)),
        ("Unacknowledged without a confirm", _span(settings.unacknowledge_after_s)),
        ("A resolve needs a resolution note", _yes(settings.resolution_note_required)),
        ("Pages of one person are apart by", settings.page_intervals or "nothing"),
        ("Most pages of one person", settings.page_limits or "no limit"),
        ("A storm begins with", f"{settings.storm_groups_per_minute} groups a minute"),
        ("Watchdog heartbeat", "is sent" if settings.watchdog_heartbeat_url else "is not sent"),
        ("Webhooks may call private addresses", _yes(settings.allow_private_addresses)),
    ]


def _counts(groups: Sequence[object], channels: Sequence[object]) -> str:
    return f"{len(channels)} channels and {len(groups)} user groups are known."


def _list_name(part: str) -> str:
    channel = part.removeprefix(MEMBERS)
    return part.replace("_", " ") if channel == part else f"members of channel {channel}"


def _span(seconds: int) -> str:
    return f"after {duration(timedelta(seconds=seconds))}" if seconds else NEVER


def _yes(value: bool) -> str:
    return "yes" if value else "no"
