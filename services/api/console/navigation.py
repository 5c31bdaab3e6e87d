"""The pages that stand in the bar on top, in its order, each with the key that goes there after `g`."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """One of the main pages."""

    href: str
    words: str
    key: str


PLACES = (
    Place("/alert-groups", "Alert groups", "a"),
    Place("/integrations", "Integrations", "i"),
    Place("/escalation-chains", "Escalation chains", "e"),
    Place("/schedules", "Schedules", "s"),
    Place("/users", "Users", "u"),
    Place("/webhooks", "Webhooks", "w"),
    Place("/insights", "Insights", "n"),
    Place("/pipeline", "Pipeline", "p"),
    Place("/settings", "Settings", ","),
)
