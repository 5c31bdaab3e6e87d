"""Where a person is reached: one address or secret of one kind, and whether anybody vouches for it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from shared.domain.model import Frozen

Kind = Literal["email", "phone", "slack", "telegram", "mattermost", "ntfy", "pushover", "webhook", "apprise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Channels that share a kind of address; every other channel reaches the kind of its own name.
KIND_OF_CHANNEL: dict[str, Kind] = {"sms": "phone", "phone_call": "phone"}


class ContactPoint(Frozen):
    """One way to reach a person.

    `address` is what people may read: a number in E.164, a mail address, an id in a chat product. Where the
    address is itself a secret (Pushover keys, Apprise and webhook URLs, ntfy topics), `address` is a masked text
    and the whole is ciphertext in `secret_encrypted`. Nothing is sent to a point that is not `usable`, but its
    code: `verified_at` is when the person proved it, `declared` says that an admin vouches for it.
    """

    id: str
    kind: Kind
    address: str
    secret_encrypted: str = ""
    verified_at: datetime | None = None
    declared: bool = False
    created_at: datetime | None = None

    @property
    def is_usable(self) -> bool:
        """Whether pages may go there."""
        return self.declared or self.verified_at is not None
