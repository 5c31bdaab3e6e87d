"""Direct paging: somebody pages a team or a person without any monitoring tool."""

from __future__ import annotations

from shared.integrations.integration_type import Category, IntegrationType, no_bodies
from shared.integrations.paged import TEMPLATES, example

TYPE = IntegrationType(
    slug="direct_paging",
    title="Direct paging",
    category=Category.INTERNAL,
    summary="Pages that people send to a team or a person.",
    templates=TEMPLATES,
    example_firing=example("Please look at the checkout"),
    example_resolved=None,
    notes=(
        "There is one for each team, and nothing to set up: its routes decide whom an important page and an "
        "ordinary one reach.\n"
        "Each page is an alert group of its own, and people resolve it.\n"
    ),
    has_url=False,
    has_demo=False,
    bodies=no_bodies,
)
