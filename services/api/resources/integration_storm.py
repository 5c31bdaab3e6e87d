"""Storm mode of an integration in the public API: its own limits; null stands for the installation's."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk
from shared.domain.configuration import Integration
from shared.domain.storm import StormSettings

MOST_PER_MINUTE = 1_000_000
SHORTEST_S, LONGEST_S = 30, 86_400


class StormForm(Body):
    """More than `groups_per_minute` (0: never) is a storm; in it digests are `digest_interval` seconds apart."""

    groups_per_minute: int | None = None
    digest_interval: int | None = None


class StormBody(Body):
    """What a client writes of storm mode; null puts both back to the installation's values."""

    storm: StormForm | None = None


def shown(_desk: Desk, row: Integration) -> dict[str, Any]:
    """Return the settings; whether there is a storm now is added from the database."""
    return {"storm": row.storm.model_dump()}


def changes(_desk: Desk, row: Integration, body: StormBody) -> dict[str, Any]:
    """Return the changed field of the integration; what is not sent of it stays.

    Raises:
        Invalid: a number is out of range.
    """
    if not body.sent("storm"):
        return {}
    form = body.storm
    if form is None:
        return {"storm": StormSettings()}
    after = row.storm.model_copy(update=form.model_dump(exclude_unset=True))
    per_minute, interval_s = after.groups_per_minute, after.digest_interval
    if per_minute is not None and not 0 <= per_minute <= MOST_PER_MINUTE:
        raise Invalid.field("storm", f"groups_per_minute: must be from 0 to {MOST_PER_MINUTE}.")
    if interval_s is not None and not SHORTEST_S <= interval_s <= LONGEST_S:
        raise Invalid.field("storm", f"digest_interval: must be from {SHORTEST_S} to {LONGEST_S} seconds.")
    return {"storm": after}
