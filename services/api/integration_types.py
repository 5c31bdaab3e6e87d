"""The kinds of ways in: what each is for, how it is set up, its templates and its examples."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import Field

from services.api.answers import json_answer
from services.api.api import API
from services.api.refusals import Refused
from services.api.resources import templates
from services.api.shape import Shape
from services.api.shapes import Templates
from shared.integrations import all_types, by_slug
from shared.integrations.integration_type import IntegrationType


class IntegrationTypeShape(Shape):
    """One kind of way in. `is_obsolete` says why not to choose it; without a URL its alerts are made by Tocsin."""

    slug: str
    title: str
    category: str
    summary: str
    documentation: str
    notes: str = Field(description="how to set the sender up, in Markdown")
    heartbeat_notes: str
    is_obsolete: str
    has_url: bool
    has_demo: bool
    can_resolve: bool
    has_instances: bool
    templates: Templates
    example_firing: Any
    example_resolved: Any


class IntegrationTypes(Shape):
    """All of them, ordered by slug."""

    results: list[IntegrationTypeShape]


SHAPES: tuple[type[Shape], ...] = (IntegrationTypeShape, IntegrationTypes)


async def list_types(request: web.Request) -> web.Response:
    """GET: every type."""
    await request.app[API].caller(request)
    return json_answer({"results": [_shown(one) for one in all_types()]})


async def read_type(request: web.Request) -> web.Response:
    """GET of one type by its slug."""
    await request.app[API].caller(request)
    found = by_slug(request.match_info["slug"])
    if found is None:
        raise Refused.not_found()
    return json_answer(_shown(found))


def _shown(one: IntegrationType) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "title": one.title,
        "category": str(one.category),
        "summary": one.summary,
        "documentation": one.documentation,
        "notes": one.notes,
        "heartbeat_notes": one.heartbeat_notes,
        "is_obsolete": one.is_obsolete,
        "has_url": one.has_url,
        "has_demo": one.has_demo,
        "can_resolve": one.example_resolved is not None,
        "has_instances": one.instances is not None,
        "templates": templates.shown(one.templates),
        "example_firing": one.example_firing,
        "example_resolved": one.example_resolved,
    }
