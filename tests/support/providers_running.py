"""All doubles of providers at once, and a person who can be reached through every one of them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any, Self

from shared.channels.registry import CHANNELS
from shared.domain.contacts import ContactPoint
from shared.domain.people import User
from shared.secrets import Secrets
from tests.support.http_double import HttpDouble
from tests.support.one_service import SECRET_KEY
from tests.support.providers import DOUBLES, target_of

SECRET_KINDS = {"ntfy", "pushover", "webhook", "apprise"}


def ways(phone_provider: str = "twilio") -> dict[str, str]:
    """Return the rules that one provider each serves, with that provider."""
    found = {}
    for slug in DOUBLES:
        channel = CHANNELS[slug]
        if channel.provider in ("", phone_provider):
            found[channel.pages[0]] = slug
    return found


class Providers:
    """Use as an async context manager: then all doubles run, and `settings` lead to them."""

    def __init__(self, phone_provider: str = "twilio") -> None:
        self.ways = ways(phone_provider)
        self.by_rule: dict[str, HttpDouble] = {}
        self.settings: dict[str, Any] = {
            "public_url": "https://tocsin.example",
            "phone_provider": phone_provider,
        }
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        made: dict[Any, HttpDouble] = {}
        for rule, slug in self.ways.items():
            # SMS and calls are one account.
            if DOUBLES[slug] not in made:
                made[DOUBLES[slug]] = await self._stack.enter_async_context(DOUBLES[slug]())
            self.by_rule[rule] = made[DOUBLES[slug]]
            self.settings |= made[DOUBLES[slug]].settings
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def doubles(self) -> set[HttpDouble]:
        """Each double once."""
        return set(self.by_rule.values())


def alice(providers: Providers) -> User:
    """Return a person with a contact point of every kind; secret ones are ciphertext."""
    secrets = Secrets(SECRET_KEY)
    points = {}
    for rule, slug in providers.ways.items():
        kind, address = CHANNELS[slug].kind, target_of(slug, providers.by_rule[rule])
        given = {"address": address}
        if kind in SECRET_KINDS:
            given = {"address": "…", "secret_encrypted": secrets.encrypt(address)}
        points[kind] = ContactPoint.model_validate({"id": kind, "kind": kind, "declared": True, **given})
    return User(
        id="U-alice", username="alice", email="alice@example.org", contact_points=tuple(points.values())
    )
