"""What only the receiver reads from the environment."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field, field_validator

from services.receiver.mail_settings import MailSettings
from shared.domain.client_address import Network, networks


class ReceiverSettings(MailSettings):
    """The settings of every service, and the receiver's own (prefix TOCSIN_)."""

    bulk_above_per_s: float = Field(
        default=100.0,
        description="alerts per second of one integration (over 5 s, at one receiver) above which they travel "
        "in the bulk lane",
    )
    beat_every_s: float = Field(
        default=2.0,
        gt=0,
        le=5,
        description="how often a receiver says that it serves; a missing heartbeat is noticed about a second later",
    )
    trusted_proxies: str = Field(
        default="",
        description="addresses and CIDR blocks, comma-separated, of proxies whose X-Forwarded-For the receiver "
        "believes when it checks an integration's allow-list; empty: nobody's",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _checked(cls, text: str) -> str:
        networks(_listed(text))
        return text

    @cached_property
    def trusted_networks(self) -> tuple[Network, ...]:
        """The trusted proxies, ready to compare with."""
        return networks(_listed(self.trusted_proxies))


def _listed(text: str) -> list[str]:
    return [one for one in text.split(",") if one.strip()]
