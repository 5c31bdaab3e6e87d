"""What people do to an integration: another URL, maintenance, a demo alert, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aiohttp import web

from services.api.console.form_fields import filled, number
from services.api.console.integration_again import Again
from services.api.console.integration_page import show_integration
from services.api.console.integration_rows import rows_of
from services.api.console.visits import Visit
from services.api.demo import DemoBody, demo_sent
from services.api.integration_tokens import RotateTokenBody, existing
from services.api.refusals import Refused
from services.api.resources import integration_maintenance, integration_tokens
from services.api.resources.desk import Desk, parse
from services.api.resources.integration_maintenance import MaintenanceBody
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.routes import ROUTES
from shared import clock
from shared.errors import Unavailable


async def rotate(visit: Visit) -> web.Response:
    """POST: a new URL; the old one is taken for as long as the form says."""
    keep_for = number(visit.form, "keep_old_for")
    body = parse(RotateTokenBody, {} if keep_for is None else {"keep_old_for": keep_for})
    now, span = clock.now(), timedelta(seconds=body.keep_old_for)

    def change(desk: Desk) -> None:
        integration_tokens.rotate(desk, existing(desk, visit.request), now, span)

    await visit.api.edit(visit.principal, change)
    return visit.see(_page(visit, "urls"))


async def revoke(visit: Visit) -> web.Response:
    """POST: a former URL is refused from now on."""
    token_id, now = visit.form.get("token_id", ""), clock.now()

    def change(desk: Desk) -> None:
        integration_tokens.revoke(desk, existing(desk, visit.request), token_id, now)

    await visit.api.edit(visit.principal, change)
    return visit.see(_page(visit, "urls"))


async def start_maintenance(visit: Visit) -> web.Response:
    """POST: what the integration sends pages nobody until the form's time is over."""
    form = visit.form

    def change(desk: Desk) -> None:
        row = existing(desk, visit.request)
        integration_maintenance.start(desk, row, body, str(visit.principal.actor))

    try:
        body = MaintenanceBody(
            mode=form.get("mode"), duration=number(form, "duration"), comment=filled(form, "comment")
        )
        await visit.api.edit(visit.principal, change)
    except Refused as refused:
        if refused.status != 400:
            raise
        return await show_integration(visit, Again.of(visit, "maintenance", refused), refused.status)
    return visit.see(_page(visit, "maintenance"))


async def stop_maintenance(visit: Visit) -> web.Response:
    """POST: it pages again."""

    def change(desk: Desk) -> None:
        integration_maintenance.end(desk, existing(desk, visit.request))

    await visit.api.edit(visit.principal, change)
    return visit.see(_page(visit, "maintenance"))


async def send_demo(visit: Visit) -> web.Response:
    """POST: a demo alert goes the whole way; its trace shows how far it came."""
    try:
        receipt = await demo_sent(visit.request, visit.principal, DemoBody())
    except Unavailable as error:
        detail = "The broker did not confirm the demo alert in time. It may still arrive."
        raise Refused(503, {"detail": detail}, {"Retry-After": "2"}) from error
    return visit.see(f"/alerts/{receipt['alert_id']}/trace")


async def ask_to_remove(visit: Visit, problems: Sequence[str] = (), status: int = 200) -> web.Response:
    """GET: what would be lost with the integration; `problems` are those of a form that was refused."""
    shown = await visit.objects(INTEGRATIONS).read(visit.request.match_info["id"])
    desk = await visit.api.desk(visit.principal)
    routes = await visit.objects(ROUTES).all({"integration_id": shown["id"]})
    (row,) = await rows_of(visit.api, desk.draft.base, [shown])
    return visit.page(
        "integration_remove.html",
        status,
        integration=shown,
        row=row,
        routes=len(routes),
        problems=problems,
        typed=visit.form.get("name", ""),
    )


async def remove(visit: Visit) -> web.Response:
    """POST: the integration is removed when its name was written."""
    objects = visit.objects(INTEGRATIONS)
    shown = await objects.read(visit.request.match_info["id"])
    if visit.form.get("name", "").strip() != shown["name"].strip():
        return await ask_to_remove(visit, ["name: Write the name of the integration to remove it."], 400)
    await objects.remove(shown["id"])
    return visit.see("/integrations")


def _page(visit: Visit, part: str) -> str:
    return f"/integrations/{visit.request.match_info['id']}#{part}"
