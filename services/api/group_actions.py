"""What people do to alert groups over the api: asked of the grouper, answered when it has taken effect."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from services.api.actions import WORDS
from services.api.answers import empty_answer, json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.group_shapes import group_shapes
from services.api.groups import existing_group
from services.api.idempotency import request_id
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Body, parse, required
from shared import clock
from shared.domain.configuration import Team, User
from shared.domain.configuration_draft import Tables
from shared.domain.model import Group, Responder
from shared.errors import Unavailable
from shared.events import ActionApplied, ActionRefused, ActionRequested

NOT_CONFIRMED = "The broker did not confirm the action. It was not accepted; try again."
NOT_YET = "The action is accepted but has not taken effect yet; until it has, pages may still go out."


class AttachBody(Body):
    """The alert group to attach to."""

    root_alert_group_id: str | None = None


class RespondingUser(Body):
    """A person to page: by the default or by the important rules."""

    id: str
    important: bool = False


class RespondersBody(Body):
    """Who is paged directly, or taken off: people, or all members of a team."""

    users: Annotated[list[RespondingUser], Field(max_length=100)] | None = None
    team: str | None = None
    important_team_escalation: bool = False


class EraseBody(Body):
    """`wipe` erases what the alerts said; `delete` takes the group away as well."""

    mode: Literal["wipe", "delete"] = "wipe"


async def act(request: web.Request) -> web.Response:
    """POST of an action: 200 with the group as it is now, 400 refused, 202 not yet, 503 not accepted."""
    api = request.app[API]
    principal = await api.caller(request)
    action = request.match_info["action"]
    if action not in WORDS:
        raise Refused.not_found()
    body = await read_json(request, api.settings.max_body_bytes)
    fields = fields_of(action, body, await api.configuration.tables())
    group = await existing_group(api, request.match_info["id"])
    event = requested(request, principal, group, action, **fields)
    return await _answer(api, event)


async def erase(request: web.Request) -> web.Response:
    """DELETE: 204 once the wipe (or the deletion) is accepted; what the alerts said is erased right after."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(EraseBody, await read_json(request, api.settings.max_body_bytes))
    group = await existing_group(api, request.match_info["id"])
    if body.mode == "wipe" and group.wiped_at is not None:
        return empty_answer()
    outcome = await ask(api, requested(request, principal, group, body.mode))
    if isinstance(outcome, ActionRefused):
        raise Refused.because(400, outcome.reason)
    return empty_answer()


def requested(
    request: web.Request, principal: Principal, group: Group, action: str, **fields: Any
) -> ActionRequested:
    """Return the request of an action; a repeated `Idempotency-Key` of the same caller is the same action."""
    return ActionRequested(
        id=request_id(request, principal, group.id, action),
        time=clock.now(),
        alert_id=group.last_alert_id,
        subject=group.id,
        group_id=group.id,
        action=action,
        actor=principal.actor,
        source="api",
        **fields,
    )


async def ask(api: Api, event: ActionRequested) -> ActionApplied | ActionRefused | None:
    """Ask for an action; return its outcome, None when none came in time.

    Raises:
        Refused: 503, the broker did not confirm the request.
    """
    try:
        return await api.actions.request(event)
    except Unavailable as error:
        headers = {"Retry-After": "2"}
        raise Refused(503, {"detail": NOT_CONFIRMED, "reason": error.reason}, headers) from error


async def _answer(api: Api, event: ActionRequested) -> web.Response:
    outcome = await ask(api, event)
    if isinstance(outcome, ActionRefused):
        raise Refused.because(400, outcome.reason)
    if isinstance(outcome, ActionApplied):
        return json_answer((await group_shapes(api, [outcome.group]))[0])
    return json_answer({"detail": NOT_YET, "action_id": event.id}, 202)


def fields_of(action: str, body: Any, tables: Tables) -> dict[str, Any]:
    """Return what an action needs besides its name.

    Raises:
        Invalid: it is missing or cannot be read; the field is named.
    """
    if action == "silence":
        return {"delay_s": _delay_s(body)}
    if action == "attach":
        return {"root_id": required(parse(AttachBody, body).root_alert_group_id, "root_alert_group_id")}
    if action in ("page", "unpage"):
        form = parse(RespondersBody, body)
        found = responders_of(form, tables) if action == "page" else _named(form)
        return {"responders": found}
    return {}


def responders_of(form: RespondersBody, tables: Tables) -> tuple[Responder, ...]:
    """Return the people whom a request pages: those who are named, and the present members of the team.

    Raises:
        Invalid: nobody is named, or somebody who does not exist; a team without members.
    """
    users = tables.of(User)
    for one in form.users or ():
        if one.id not in users:
            raise Invalid.field("users", f"There is no user with id {one.id}.")
    found = [Responder(user_id=one.id, important=one.important) for one in form.users or ()]
    if form.team:
        if form.team not in tables.of(Team):
            raise Invalid.field("team", f"There is no team with id {form.team}.")
        members = [one for one in users.values() if form.team in one.team_ids]
        if not members:
            raise Invalid.field("team", "The team has no members, so nobody would be paged.")
        important = form.important_team_escalation
        found += [Responder(user_id=one.id, team_id=form.team, important=important) for one in members]
    if not found:
        raise Invalid.field("users", "Name users or a team.")
    return tuple(found)


def _named(form: RespondersBody) -> tuple[Responder, ...]:
    """Return whom a request takes off; people who are deleted by now among them."""
    found = [Responder(user_id=one.id) for one in form.users or ()]
    if form.team:
        found.append(Responder(user_id="", team_id=form.team))
    if not found:
        raise Invalid.field("users", "Name users or a team.")
    return tuple(found)


def _delay_s(body: Any) -> int | None:
    """Return the seconds of a silence, None for ever (0 and -1).

    Raises:
        Invalid: missing, not a whole number, or below -1.
    """
    delay = body.get("delay") if isinstance(body, dict) else None
    if delay is None:
        raise Invalid.field("delay", "This field is required.")
    if not isinstance(delay, int) or isinstance(delay, bool) or not -1 <= delay <= 2**31:
        raise Invalid.field("delay", "Must be a whole number of seconds, or -1 for ever.")
    return delay if delay > 0 else None
