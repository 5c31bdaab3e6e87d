"""Paging people without an alert of a tool: a form that says what is the matter and whom to call."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.api.console.form_fields import filled
from services.api.console.people_fields import user_ids, usernames
from services.api.console.shown_again import shown_again_by
from services.api.console.visits import Visit
from services.api.direct_paging import NOT_GROUPED, EscalationBody, checked, group_of, page_anew
from services.api.idempotency import id_of_key
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import parse
from shared.errors import Unavailable

PATH = "/alert-groups/new"
PAGING = ("POST", "escalation")
KEY_LENGTHS = range(16, 65)
AGAIN = "It may have been accepted or not. Send it again in some seconds: it stays one page."


async def show_form(visit: Visit, problems: Sequence[str] = (), status: int = 200) -> web.Response:
    """GET: the form; a refused one is shown with what was typed, and stays the same request."""
    config = await visit.api.configuration.load()
    form = visit.form
    return visit.page(
        "direct_page.html",
        status,
        problems=problems,
        form=form,
        users=[one for one in form.getall("users", []) if one.strip()],
        once=_once(visit) or uuid.uuid4().hex,
        people=usernames(config),
        teams=sorted(config.teams, key=lambda one: one.name.casefold()),
    )


@shown_again_by(show_form)
async def page_people(visit: Visit) -> web.Response:
    """POST: pages them and goes to their alert group. The same form sent twice pages once."""
    body = await _body(visit)
    try:
        alert = await page_anew(visit.api, visit.principal, body, _request_id(visit))
    except Unavailable as error:
        raise Refused.because(503, f"{error}. {AGAIN}") from error
    group = await group_of(visit.api, alert.id)
    if group is None:
        raise Refused.because(202, NOT_GROUPED)
    return visit.see(f"/alert-groups/{group.id}")


async def _body(visit: Visit) -> EscalationBody:
    config = await visit.api.configuration.load()
    form, important = visit.form, "important" in visit.form
    ids = user_ids(form.getall("users", []), config, "users")
    values: dict[str, Any] = {name: filled(form, name) for name in ("title", "message", "source_url", "team")}
    if values["title"] is None:
        raise Invalid.field(
            "title", "Say what is the matter: it is what the people who are called read first."
        )
    users = [{"id": one, "important": important} for one in ids]
    return checked(parse(EscalationBody, {**values, "users": users, "important_team_escalation": important}))


def _request_id(visit: Visit) -> str:
    """Return the id of the request: a browser that sends a form twice, or a person, means one call."""
    once = _once(visit)
    if once is None:
        raise Invalid.field("once", "This form was not complete. It is now: send it again.")
    return id_of_key(visit.principal, "", "direct page", once)


def _once(visit: Visit) -> str | None:
    """Return what tells this form from the others of the same person."""
    found = visit.form.get("once", "")
    return found if len(found) in KEY_LENGTHS and found.isascii() and found.isalnum() else None
