"""A new integration: choose a type, say its name and who may send, then its page shows how to set the sender up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from multidict import MultiDict

from services.api.console.form_fields import filled
from services.api.console.integration_access_form import access_body
from services.api.console.visits import Visit, reasons
from services.api.refusals import Invalid, Refused
from services.api.resources.chains import CHAINS
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.teams import TEAMS
from shared.domain.access import LAYOUTS
from shared.integrations import all_types, by_slug
from shared.integrations.integration_type import Category, IntegrationType


async def choose_type(visit: Visit) -> web.Response:
    """GET: every type that people create, by category; `q` searches."""
    search = visit.request.query.get("q", "")
    found = [one for one in all_types() if _is_offered(one) and _matches(one, search)]
    by_category = [(category, [one for one in found if one.category is category]) for category in Category]
    return visit.page(
        "integration_types.html",
        search=search,
        categories=[(category, ones) for category, ones in by_category if ones],
        count=len(found),
    )


async def show_form(visit: Visit) -> web.Response:
    """GET of a type: its name, team, first escalation chain, and who may send."""
    return await _form(visit, _type(visit), MultiDict(), [])


async def create(visit: Visit) -> web.Response:
    """POST of the form: the integration's page; with a mistake the form again, filled in as it was."""
    kind = _type(visit)
    try:
        made = await visit.objects(INTEGRATIONS).create(_body(visit.form, kind))
    except Invalid as invalid:
        return await _form(visit, kind, visit.form, reasons(invalid))
    return visit.see(f"/integrations/{made['id']}#setup")


def _body(form: MultiDict[str], kind: IntegrationType) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": kind.slug,
        "name": filled(form, "name"),
        "description_short": filled(form, "description_short"),
        "team_id": filled(form, "team_id"),
    }
    chain_id = filled(form, "escalation_chain_id")
    if chain_id is not None:
        body["default_route"] = {"escalation_chain_id": chain_id}
    return body | (access_body(form) if kind.has_url else {})


async def _form(
    visit: Visit, kind: IntegrationType, form: MultiDict[str], faults: Sequence[str]
) -> web.Response:
    return visit.page(
        "integration_new.html",
        400 if faults else 200,
        kind=kind,
        form=form,
        faults=faults,
        teams=await visit.objects(TEAMS).all(),
        chains=await visit.objects(CHAINS).all(),
        presets=list(LAYOUTS),
        authentication=None,
        rate_limit=None,
    )


def _type(visit: Visit) -> IntegrationType:
    found = by_slug(visit.request.match_info["slug"])
    if found is None or not _is_offered(found):
        raise Refused.not_found()
    return found


def _is_offered(one: IntegrationType) -> bool:
    return one.category is not Category.INTERNAL


def _matches(one: IntegrationType, search: str) -> bool:
    said = f"{one.title} {one.slug} {one.summary} {one.category}".casefold()
    return all(word in said for word in search.casefold().split())
