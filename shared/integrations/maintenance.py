"""Maintenance: the alert group that stands for an integration's maintenance while it lasts."""

from __future__ import annotations

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, no_bodies

TYPE = IntegrationType(
    slug="maintenance",
    title="Maintenance",
    category=Category.INTERNAL,
    summary="Stands for an integration's maintenance while it lasts.",
    templates=templates(
        title='[payload.title, "Maintenance"] | any_of',
        grouping_key='""',
        resolve=None,
        look=Look(facts=[], text="payload.message", image="payload.image_url | absolute(base_url)"),
    ),
    example_firing={
        "title": "Maintenance of prod until 12:00 UTC",
        "message": "alice moves the database; alerts are collected and page nobody.",
        "image_url": None,
    },
    example_resolved=None,
    notes=(
        "There is nothing to set up: when the maintenance of an integration begins, this stands for it in the chat "
        "and in the list of alert groups.\n"
    ),
    has_url=False,
    has_demo=False,
    bodies=no_bodies,
)
