"""Direct paging: a person pages people or a team, for an alert group of its own or for one that there is."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.group_actions import (
    RespondersBody,
    ask,
    requested,
    responders_of,
)
from services.api.group_shapes import group_shapes
from services.api.groups import existing_group
from services.api.idempotency import request_id
from services.api.refusals import Invalid, Refused
from services.api.resources import integrations
from services.api.resources.desk import Desk, parse
from services.api.resources.integrations import IntegrationBody
from shared import clock
from shared.domain.configuration import Integration, Route, Team, User
from shared.domain.configuration_draft import Tables
from shared.domain.model import Alert, Group, Responder
from shared.domain.responding import called_now
from shared.events import ActionRefused, AlertReceived, derived_id
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts

TYPE = "direct_paging"
CONFIRM_TIMEOUT_S = 2.0
GROUPED_WITHIN_S = 5.0
LOOK_EVERY_S = 0.05
NOT_GROUPED = "The page is accepted; its alert group is not there yet."


class EscalationBody(RespondersBody):
    """Whom to page, users or a team, and for what: an alert group that there is, or a new one that says this."""

    title: Annotated[str, Field(max_length=1000)] | None = None
    message: Annotated[str, Field(max_length=10_000)] | None = None
    source_url: Annotated[str, Field(max_length=2000)] | None = None
    alert_group_id: str | None = None


async def escalate(request: web.Request) -> web.Response:
    """POST: 200 with the alert group that people are paged for; 202 when it is accepted and not there yet."""
    api = request.app[API]
    principal = await api.caller(request)
    body = checked(parse(EscalationBody, await read_json(request, api.settings.max_body_bytes)))
    if body.alert_group_id:
        group = await existing_group(api, body.alert_group_id)
        return await _page(api, request, principal, group, body)
    alert = await page_anew(api, principal, body, request_id(request, principal, "", "direct page"))
    found = await group_of(api, alert.id)
    if found is None:
        return json_answer({"detail": NOT_GROUPED, "alert_id": alert.id}, 202)
    return json_answer((await group_shapes(api, [found]))[0])


def checked(body: EscalationBody) -> EscalationBody:
    """Check what belongs together.

    Raises:
        Invalid: users and a team, or neither; an alert group and the texts of a new one.
    """
    if bool(body.users) == bool(body.team):
        raise Invalid.field("users", "Name either users or a team.")
    if body.alert_group_id and (body.title or body.message or body.source_url):
        raise Invalid.field("alert_group_id", "Leave out title, message and source_url with it.")
    return body


async def _page(
    api: Api, request: web.Request, principal: Principal, group: Group, body: EscalationBody
) -> web.Response:
    """Page people for a group that there is."""
    responders = responders_of(body, await api.configuration.tables())
    outcome = await ask(api, requested(request, principal, group, "page", responders=responders))
    if isinstance(outcome, ActionRefused):
        raise Refused.because(400, outcome.reason)
    after = outcome.group if outcome is not None else group
    return json_answer((await group_shapes(api, [after]))[0], 200 if outcome is not None else 202)


async def page_anew(api: Api, principal: Principal, body: EscalationBody, alert_id: str) -> Alert:
    """Have a page accepted as an alert, of this id, of the team's direct paging integration.

    Raises:
        Invalid: somebody who is named is not there.
        Unavailable: nobody knows whether it was accepted; the same id may be asked for again.
    """
    tables = await api.configuration.tables()
    asked_for = responders_of(body, tables) if body.users else ()
    team = tables.of(Team).get(body.team or "")
    if body.team and team is None:
        raise Invalid.field("team", f"There is no team with id {body.team}.")
    edited = await api.edit(principal, lambda desk: _integration_of(desk, team))
    integration, has_chain = edited.result
    if body.team and not has_chain:
        # Nothing would escalate it: its members are paged themselves.
        asked_for = responders_of(body, tables)
    now = clock.now()
    alert = Alert(
        id=alert_id,
        integration_id=integration.id,
        received_at=now,
        payload=_payload(body, principal, tables, asked_for),
        responders=called_now(asked_for, alert_id, now, principal.actor),
    )
    await api.bus.publish([_received(alert, principal, edited.version, now)], timeout_s=CONFIRM_TIMEOUT_S)
    return alert


def _integration_of(desk: Desk, team: Team | None) -> tuple[Integration, bool]:
    """Return the team's direct paging integration, made now if there is none, and whether anything escalates it."""
    team_id = team.id if team is not None else None
    known = [one for one in desk.draft.find(Integration, "type", TYPE) if one.team_id == team_id]
    if known:
        routes = desk.draft.find(Route, "integration_id", known[0].id)
        return known[0], any(one.escalation_chain_id for one in routes)
    name = f"Direct paging ({team.name if team is not None else 'no team'})"
    body = IntegrationBody.model_validate({"type": TYPE, "name": name, "team_id": team_id})
    return integrations.create(desk, body), False


def _payload(
    body: EscalationBody, principal: Principal, tables: Tables, responders: Sequence[Responder]
) -> dict[str, Any]:
    author = principal.actor.name
    return {
        "oncall": {
            "title": body.title or _default_title(author, body, tables, responders),
            "message": body.message or "",
            "uid": str(uuid.uuid4()),
            "author_username": author,
            "permalink": body.source_url,
            "important": body.important_team_escalation,
        }
    }


def _default_title(author: str, body: EscalationBody, tables: Tables, responders: Sequence[Responder]) -> str:
    team = tables.of(Team).get(body.team or "")
    users = tables.of(User)
    names = [team.name] if team is not None else [users[one.user_id].username for one in responders]
    words = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{author} is paging {words} to join the escalation"


def _received(alert: Alert, principal: Principal, version: int, now: datetime) -> AlertReceived:
    return AlertReceived(
        id=derived_id(alert.id, AlertReceived.type),
        time=now,
        alert_id=alert.id,
        subject=alert.id,
        config_version=version,
        decision="accepted",
        reason=f"paged directly by {principal.actor}",
        alert=alert,
    )


async def group_of(api: Api, alert_id: str) -> Group | None:
    """Return the group that an alert has come into; None when it is in none in time."""
    alerts, groups = Alerts(api.database), AlertGroups(api.database)
    deadline_s = clock.monotonic_s() + GROUPED_WITHIN_S
    while clock.monotonic_s() < deadline_s:
        group_id = (await alerts.group_of([alert_id])).get(alert_id)
        if group_id is not None:
            return await groups.get(group_id)
        await asyncio.sleep(LOOK_EVERY_S)
    return None
