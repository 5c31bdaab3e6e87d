"""Chat connections: which chat products are set up, which routes post there, whom they reach, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from services.api.console.chain_views import route_words
from services.api.console.integration_page import TITLES
from services.api.console.visits import Visit
from shared.channels.registry import CHANNELS
from shared.config import Settings
from shared.domain.configuration import ConfigSnapshot
from shared.domain.media import CHATS
from shared.store.slack_directory import SlackDirectory

PATH = "/chat-connections"
SLACK = "slack"
NO_WAY = "nothing can be posted there by this server"
# Of more routes and people than these only the number is told.
MOST_LISTED = 50


@dataclass(frozen=True)
class Posting:
    """A route that posts to a chat: where, and why it posts nowhere ("" when it does)."""

    integration_id: str
    words: str
    channel: str
    why_not: str


@dataclass(frozen=True)
class Connection:
    """One chat product; `missing` is why it cannot be used, "" when it can."""

    title: str
    missing: str
    default_channel: str
    routes: tuple[Posting, ...]
    people: tuple[tuple[str, str], ...]
    unreached: int


async def show_connections(visit: Visit) -> web.Response:
    """GET: every chat product."""
    config = await visit.api.configuration.load()
    readings = await SlackDirectory(visit.api.database).readings()
    return visit.page(
        "chat_connections.html",
        connections=[connection(one, config, visit.api.settings) for one in CHATS],
        faults=[(one.id.replace("_", " "), one.error) for one in readings if one.error],
        most=MOST_LISTED,
    )


def connection(product: str, config: ConfigSnapshot, settings: Settings) -> Connection:
    """Return one chat product as the page shows it."""
    channel = CHANNELS.get(product)
    missing = NO_WAY
    if channel is not None and channel.chat is not None:
        missing = channel.unready(channel.settings_from(settings)) or ""
    default = settings.slack_default_channel if product == SLACK else ""
    names = {one.id: f"#{one.name}" for one in config.slack_channels} if product == SLACK else {}
    people = [(one.id, one.username) for one in config.users if one.contact(product) is not None]
    return Connection(
        title=TITLES.get(product, "Slack"),
        missing=missing,
        default_channel=names.get(default, default),
        routes=tuple(_postings(product, config, default, names)),
        people=tuple(sorted(people, key=lambda one: one[1].casefold())),
        unreached=len(config.users) - len(people),
    )


def _postings(product: str, config: ConfigSnapshot, default: str, names: dict[str, str]) -> Iterator[Posting]:
    for integration in sorted(config.integrations, key=lambda one: one.name.casefold()):
        for number, route in enumerate(config.routes_of.get(integration.id, ()), start=1):
            target = getattr(route, product)
            if not target.enabled:
                continue
            channel = target.id or default
            # Slack is switched on for every new route: without a channel that is no wish to post.
            if not channel and product == SLACK:
                continue
            why_not = "" if channel else "it names no channel, and there is no default one"
            words = f"{integration.name}, {route_words(route, number)}"
            yield Posting(integration.id, words, names.get(channel, channel), why_not)
