"""Manual alerts: somebody opened one by hand, from a chat or the console."""

from __future__ import annotations

from shared.integrations.integration_type import Category, IntegrationType, no_bodies
from shared.integrations.paged import TEMPLATES, example

TYPE = IntegrationType(
    slug="manual",
    title="Manual",
    category=Category.INTERNAL,
    summary="Alerts that people open by hand.",
    templates=TEMPLATES,
    example_firing=example("Payments fail"),
    example_resolved=None,
    notes=(
        "There is nothing to set up: alerts that people open from a chat or the console come in here.\n"
        "Each is an alert group of its own, and people resolve it.\n"
    ),
    has_url=False,
    has_demo=False,
    bodies=no_bodies,
)
