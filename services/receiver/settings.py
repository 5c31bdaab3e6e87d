"""What only the receiver reads from the environment."""

from __future__ import annotations

from pydantic import Field

from shared.config import Settings


class ReceiverSettings(Settings):
    """The settings of every service, and the receiver's own (prefix TOCSIN_)."""

    bulk_above_per_s: float = Field(
        default=100.0,
        description="alerts per second of one integration (over 5 s, at one receiver) above which they travel "
        "in the bulk lane",
    )
