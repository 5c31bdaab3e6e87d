"""Through which channels people are reached as things are set up, and where one person is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from services.notifier.noticing import named_address
from shared.channels.channel import Channel
from shared.config import Settings
from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.delivery import Policy
from shared.errors import Permanent
from shared.events import NoticeRequested, NotificationRequested
from shared.secrets import Secrets, digest


@dataclass(frozen=True)
class Way:
    """One channel with its settings."""

    channel: Channel[Any, Any]
    settings: Any


@dataclass(frozen=True)
class Found:
    """The way to one person, and where it leads; `is_channel`: to a channel of a chat instead."""

    way: Way
    address: str
    is_secret: bool = False
    is_channel: bool = False


class Reach:
    """The ways to people by name, as in a notification rule: email, sms, phone_call …

    Several ways may serve one name (mobile_app: ntfy, Pushover); a person is reached through the first of them
    that he has a contact point for.
    """

    def __init__(self, ways: Mapping[str, Sequence[Way]], secrets: Secrets) -> None:
        self._ways = ways
        self._secrets = secrets
        self._ready = {name: _ready(some) for name, some in ways.items()}

    @classmethod
    def of(cls, channels: Iterable[Channel[Any, Any]], settings: Settings, secrets: Secrets) -> Reach:
        """Build it from the channels that page people; of several providers only the chosen one counts."""
        ways: dict[str, list[Way]] = {}
        for one in channels:
            if one.address is not None and one.provider in ("", settings.phone_provider):
                way = Way(one, one.settings_from(settings))
                for name in one.pages:
                    ways.setdefault(name, []).append(way)
        return cls(ways, secrets)

    @property
    def names(self) -> list[str]:
        """The names of rules that page people."""
        return list(self._ways)

    def policy(self, name: str, repeats_unknown: bool = False) -> Policy:
        """Return how often one tries, and when one asks, behind a name."""
        channels = [way.channel for way in self._ways.get(name, ())]
        reports = [one.reports for one in channels if one.reports is not None]
        return Policy(
            repeats_unknown=repeats_unknown,
            tracked=bool(reports),
            polls_s=next((one.waits_s for one in reports if one.status is not None), ()),
        )

    def find(self, name: str, user_id: str, config: ConfigSnapshot) -> Found:
        """Return the way to a person through a channel that works as set up.

        Raises:
            Permanent: there is none: nobody of that id, no usable address, or the channel is not set up.
        """
        user = config.user_by_id.get(user_id)
        if user is None:
            raise Permanent(f"user {user_id} does not exist")
        ready, missing = self._ready_ways(name)
        for way in ready:
            found = self._found(way, user)
            if found is not None:
                return found
        if not ready:
            raise Permanent(missing)
        titles = " or ".join(way.channel.title for way in ready)
        raise Permanent(f"{user.username} has no address for {titles}")

    def _ready_ways(self, name: str) -> tuple[list[Way], str]:
        """Return the ways that work as set up, and what is to be said if there are none."""
        ready, missing = self._ready.get(name, ([], ""))
        return ready, missing or f"channel {name} is not set up"

    def _found(self, way: Way, user: User) -> Found | None:
        point = user.contact(way.channel.kind)
        if point is None or way.channel.address is None:
            return None
        secret = point.secret_encrypted
        address = way.channel.address(self._secrets.decrypt(secret) if secret else point.address)
        return Found(way, address, bool(secret)) if address is not None else None

    def find_for(self, request: NotificationRequested | NoticeRequested, config: ConfigSnapshot) -> Found:
        """Return where a request goes: to the address that a notice names, or where the person is reached.

        Raises:
            Permanent: nowhere; see `find`.
        """
        if isinstance(request, NotificationRequested):
            return self.find(request.channel, request.user_id, config)
        named = named_address(request, config, self._secrets)
        if request.in_channel:
            found = self._in_channel(request.channel, request.address or "")
        elif named is not None:
            found = self._at(request.channel, *named)
        else:
            found = self.find(request.channel, request.user_id, config)
        if found.way.channel.notice is None:
            raise Permanent(f"{found.way.channel.title} carries alert groups only")
        return found

    def _in_channel(self, name: str, channel_id: str) -> Found:
        ready, missing = self._ready_ways(name)
        if not ready:
            raise Permanent(missing)
        return Found(ready[0], channel_id, is_channel=True)

    def _at(self, name: str, text: str, is_secret: bool) -> Found:
        ready, missing = self._ready_ways(name)
        if not ready:
            raise Permanent(missing)
        for way in ready:
            address = way.channel.address(text) if way.channel.address else None
            if address is not None:
                return Found(way, address, is_secret)
        raise Permanent(f"{ready[0].channel.title} cannot reach the address that was given")


def _ready(ways: Sequence[Way]) -> tuple[list[Way], str]:
    reasons = [way.channel.unready(way.settings) for way in ways]
    ready = [way for way, reason in zip(ways, reasons, strict=True) if reason is None]
    return ready, "; ".join(reason for reason in reasons if reason)


def target_of(name: str, found: Found) -> str:
    """Return what may be slow on its own: a mail domain, a URL's host, else the address; secrets only as a digest."""
    address = found.address
    if "://" in address:
        return f"{name}:{urlsplit(address).hostname or ''}"
    if found.is_secret:
        return f"{name}:{digest(address)[:16]}"
    return f"{name}:{address.rpartition('@')[2]}"
