"""Through which channels people are reached as things are set up, and where one person is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.notifier.noticing import named_address
from shared.channels.channel import Channel
from shared.config import Settings
from shared.domain.configuration import ConfigSnapshot
from shared.errors import Permanent
from shared.events import NoticeRequested, NotificationRequested
from shared.secrets import Secrets


@dataclass(frozen=True)
class Way:
    """One channel with its settings."""

    channel: Channel[Any, Any]
    settings: Any


class Reach:
    """The ways to people by name, as in a notification rule: email, sms, phone_call …"""

    def __init__(self, ways: Mapping[str, Way], secrets: Secrets) -> None:
        self._ways = ways
        self._secrets = secrets

    @classmethod
    def of(cls, channels: Iterable[Channel[Any, Any]], settings: Settings, secrets: Secrets) -> Reach:
        """Build it from the channels that page people."""
        return cls(
            {one.slug: Way(one, one.settings_from(settings)) for one in channels if one.address is not None},
            secrets,
        )

    @property
    def names(self) -> list[str]:
        """The channels that page people."""
        return list(self._ways)

    def way(self, name: str) -> Way:
        """Return a channel that works as set up.

        Raises:
            Permanent: there is none of that name, or its settings are incomplete.
        """
        way = self._ways.get(name)
        if way is None:
            raise Permanent(f"channel {name} is not set up")
        missing = way.channel.unready(way.settings)
        if missing:
            raise Permanent(missing)
        return way

    def address(self, name: str, user_id: str, config: ConfigSnapshot) -> str:
        """Return where the person is reached through a channel.

        Raises:
            Permanent: not at all: nobody of that id, no usable address, or the channel is not set up.
        """
        channel = self.way(name).channel
        user = config.user_by_id.get(user_id)
        if user is None:
            raise Permanent(f"user {user_id} does not exist")
        found = channel.address(user) if channel.address else None
        if found is None:
            raise Permanent(f"{user.username} has no address for {channel.title}")
        return found

    def address_for(self, request: NotificationRequested | NoticeRequested, config: ConfigSnapshot) -> str:
        """Return where a request goes: to the address that a notice names, or where the person is reached.

        Raises:
            Permanent: nowhere; see `address`.
        """
        if isinstance(request, NoticeRequested):
            if self.way(request.channel).channel.notice is None:
                raise Permanent(f"{self.way(request.channel).channel.title} carries alert groups only")
            named = named_address(request, config, self._secrets)
            if named is not None:
                return named[0]
        return self.address(request.channel, request.user_id, config)


def target_of(channel: str, address: str) -> str:
    """Return what may be slow on its own: for mail the recipient's domain, else the address itself."""
    return f"{channel}:{address.rpartition('@')[2]}"
