"""Every page of the console, and what its reader needs: the API's endpoint that does the same, or a role."""

from __future__ import annotations

from aiohttp import web

from services.api.console import (
    chain_routes,
    dead_letter_forms,
    direct_page,
    event_subscription_forms,
    group_forms,
    group_page,
    group_responses,
    groups,
    integration_pages,
    live,
    oidc,
    password_setting,
    people_routes,
    pipeline,
    pipeline_stages,
    schedule_routes,
    sign_in,
    trace_page,
)
from services.api.console.pipeline import DECIDING, PATH, READING
from services.api.console.visits import CONSOLE, Visit, add_page

GROUPS = ("GET", "alert_groups")
ACTING = ("POST", "alert_groups/{id}/{action}")


def add_routes(app: web.Application) -> None:
    """Serve the console on the api's application."""
    app.router.add_get("/assets/{name}", _asset)
    sign_in.add_routes(app)
    oidc.add_routes(app)
    password_setting.add_routes(app)
    add_page(app, "GET", "/", start, "viewer")
    add_page(app, "GET", "/alert-groups", groups.show_list, GROUPS)
    add_page(app, "GET", direct_page.PATH, direct_page.show_form, direct_page.PAGING)
    add_page(app, "POST", direct_page.PATH, direct_page.page_people, direct_page.PAGING)
    add_page(app, "GET", "/alert-groups/{id}", group_page.show_group, GROUPS)
    add_page(app, "GET", "/alert-groups/{id}/row", groups.show_row, GROUPS)
    add_page(app, "GET", "/alerts/{id}/trace", trace_page.show_trace, ("GET", "alerts"))
    add_page(app, "GET", "/live/groups", live.show_changes, GROUPS)
    add_page(app, "POST", "/alert-groups/actions/{action}", group_forms.act, ACTING)
    add_page(app, "POST", "/alert-groups/{id}/notes", group_responses.add_note, ("POST", "resolution_notes"))
    add_page(app, "POST", "/alert-groups/{id}/page", group_responses.page_somebody, ACTING)
    add_page(app, "POST", "/alert-groups/{id}/attach", group_responses.attach, ACTING)
    add_page(app, "POST", "/alert-groups/{id}/unattach", group_responses.unattach, ACTING)
    add_page(app, "POST", "/alert-groups/{id}/unpage", group_responses.take_off, ACTING)
    integration_pages.add_routes(app)
    chain_routes.add_routes(app)
    schedule_routes.add_routes(app)
    _add_pipeline(app)
    people_routes.add_routes(app)
    event_subscription_forms.add_routes(app)


def _add_pipeline(app: web.Application) -> None:
    letter = f"{PATH}/dead-letters/{{service}}/{{id}}"
    add_page(app, "GET", PATH, pipeline.show_pipeline, READING)
    add_page(app, "GET", f"{PATH}/stages", pipeline_stages.show_stages, READING)
    add_page(app, "GET", "/live/pipeline", pipeline_stages.show_changes, READING)
    add_page(app, "POST", f"{PATH}/replay", dead_letter_forms.replay, DECIDING)
    add_page(app, "POST", f"{PATH}/discard", dead_letter_forms.discard, DECIDING)
    add_page(app, "GET", letter, dead_letter_forms.show_letter, READING)
    add_page(app, "POST", letter, dead_letter_forms.replay_repaired, DECIDING)


async def _asset(request: web.Request) -> web.Response:
    return await request.app[CONSOLE].assets.serve(request)


async def start(visit: Visit) -> web.Response:
    """GET: goes to where everybody begins."""
    return visit.see("/alert-groups")
