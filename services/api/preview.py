"""The playground's endpoint: what an integration, as it is or as edited, makes of a payload or of its last alerts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from aiohttp import web
from pydantic import Field

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, parse
from services.api.resources.templates import BEHAVIOUR, MEDIA
from shared import clock
from shared.domain import ingest
from shared.domain.configuration import Integration, Route, Templates
from shared.domain.labels import Label
from shared.domain.model import Alert
from shared.domain.preview_difference import differences
from shared.domain.template_jobs import Preview, PreviewJob
from shared.errors import Permanent
from shared.integrations import by_slug
from shared.integrations.integration_type import NotAnAlert
from shared.store.alerts import Alerts

MAX_ALERTS = 200
ID = "preview"


class PreviewRoute(Body):
    """A route to try; `id` only names it in the answer. The default route comes after all of them by itself."""

    id: str | None = None
    routing_type: str = "jinja2"
    routing_regex: str = ""
    labels: dict[str, str] = Field(default_factory=dict)


class PreviewBody(Body):
    """What to try on what.

    An integration by `integration_id`, or a `type` with its defaults; on a `payload` as its tool would send
    it, on a stored alert by `alert_id`, or on the integration's `last` alerts (1 to 200). `templates` (any subset; null
    is the type's default) and `routes` (all of them) take the place of what is stored; then each result
    also says what would be different.
    """

    integration_id: str | None = None
    type: str | None = None
    payload: Any = None
    alert_id: str | None = None
    last: int | None = Field(default=None, ge=1, le=MAX_ALERTS)
    templates: dict[str, Any] | None = None
    routes: list[PreviewRoute] | None = None


class Tried(NamedTuple):
    """An integration with its routes, the default one last."""

    integration: Integration
    routes: tuple[Route, ...]


async def preview(request: web.Request) -> web.Response:
    """POST: routes tried one by one, grouping, signals, every medium, problems; before and after an edit."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(PreviewBody, await read_json(request, api.settings.max_body_bytes))
    return json_answer(await previewed(api, await api.desk(principal), body))


async def previewed(api: Api, desk: Desk, body: PreviewBody) -> dict[str, Any]:
    """Return what becomes of each alert, and how many of them an edit makes different.

    Raises:
        Invalid: what is tried, or on what, cannot be read; the field is named.
    """
    before = _stored(desk, body)
    after = _edited(before, body)
    alerts = await _alerts(api, before.integration, body)
    shown = await _previews(api, after, alerts)
    is_edited = body.templates is not None or body.routes is not None
    was = await _previews(api, before, alerts) if is_edited else [None] * len(alerts)
    results = [_result(*each) for each in zip(alerts, shown, was, strict=True)]
    if body.sent("payload"):
        results = [{**one, "alert_id": None} for one in results]
    changed = sum(bool(one.get("differences")) for one in results)
    return {"count": len(results), "changed": changed, "results": results}


def _stored(desk: Desk, body: PreviewBody) -> Tried:
    """Return what is configured, or an integration of a type as it would begin.

    Raises:
        Invalid: neither or both are named, or one does not exist.
    """
    if (body.integration_id is None) == (body.type is None):
        raise Invalid.field("integration_id", "Name either an integration_id or a type.")
    if body.integration_id is not None:
        found = desk.existing(Integration, body.integration_id, "integration_id")
        if found is None:
            raise Invalid.field("integration_id", "This field is required.")
        routes = desk.draft.find(Route, "integration_id", found.id)
        return Tried(found, tuple(sorted(routes, key=lambda one: (one.is_default, one.position, one.id))))
    if by_slug(body.type or "") is None:
        raise Invalid.field("type", f"There is no integration type {body.type}.")
    kind = Integration(id=ID, name="Preview", type=body.type or "", token_digest="")
    return Tried(kind, (_default_route(ID),))


def _edited(before: Tried, body: PreviewBody) -> Tried:
    """Return the integration with the edits of the body; what does not compile shows up as a problem."""
    integration = before.integration
    if body.templates is not None:
        templates = {**integration.templates, **_read_templates(body.templates, integration.templates)}
        integration = integration.model_copy(update={"templates": templates})
    if body.routes is None:
        return Tried(integration, before.routes)
    default = [one for one in before.routes if one.is_default] or [_default_route(integration.id)]
    made = [
        Route(
            id=one.id or f"route {number}",
            integration_id=integration.id,
            position=number,
            routing_type=_routing_type(one.routing_type),
            routing_regex=one.routing_regex,
            filtering_labels=tuple(Label(key=key, value=value) for key, value in one.labels.items()),
        )
        for number, one in enumerate(body.routes, start=1)
    ]
    return Tried(integration, (*made, *default))


def _routing_type(text: str) -> Any:
    if text not in ("jinja2", "regex", "labels"):
        raise Invalid.field("routes", "routing_type must be jinja2, regex or labels.")
    return text


def _default_route(integration_id: str) -> Route:
    return Route(id="default", integration_id=integration_id, is_default=True)


def _read_templates(sent: dict[str, Any], stored: Templates) -> Templates:
    """Check the shape of edited templates; a missing key or part stays as it is stored."""
    found: Templates = {}
    for name, value in sent.items():
        if name in BEHAVIOUR and (value is None or isinstance(value, str)):
            found[name] = value
        elif name in MEDIA and (value is None or isinstance(value, dict)):
            before = stored.get(name)
            found[name] = {**(before if isinstance(before, dict) else {}), **_parts(name, value or {})}
        else:
            raise Invalid.field("templates", f"{name}: no such template, or not of the right shape.")
    return found


def _parts(medium: str, sent: dict[str, Any]) -> dict[str, str | None]:
    for part, text in sent.items():
        if part not in MEDIA[medium] or not (text is None or isinstance(text, str)):
            raise Invalid.field("templates", f"{medium}.{part}: no such template, or not a text.")
    return sent


async def _alerts(api: Api, integration: Integration, body: PreviewBody) -> list[Alert]:
    """Return the alerts to try, the newest first.

    Raises:
        Invalid: not exactly one of payload, alert_id and last, or there is no such alert.
    """
    if [body.sent("payload"), body.alert_id is not None, body.last is not None].count(True) != 1:
        raise Invalid.field("payload", "Give exactly one of payload, alert_id and last.")
    if body.sent("payload"):
        return _sent(api, integration, body.payload)
    if body.alert_id is not None:
        stored = (await Alerts(api.database).get_many([body.alert_id])).get(body.alert_id)
        if stored is None:
            raise Invalid.field("alert_id", "There is no such alert.")
        return [stored]
    return [one for one, _ in await Alerts(api.database).of_integration(integration.id, body.last or 1)]


def _sent(api: Api, integration: Integration, payload: Any) -> list[Alert]:
    """Read a payload as the receiver would."""
    kind = by_slug(integration.type)
    limits = ingest.Limits(api.settings.max_body_depth, api.settings.max_body_keys)
    try:
        parsed = ingest.parse(orjson.dumps(payload), "application/json", limits)
        parts = kind.parts(parsed, integration.each_instance) if kind is not None and kind.has_url else None
    except (Permanent, NotAnAlert) as error:
        raise Invalid.field("payload", f"This integration cannot read it: {error.reason}") from error
    now = clock.now()
    if parts is None:
        return [Alert(id=ID, integration_id=integration.id, received_at=now, payload=parsed)]
    return ingest.alerts_of(parts[:MAX_ALERTS], integration.id, str(uuid.uuid4()), now)


async def _previews(api: Api, tried: Tried, alerts: Sequence[Alert]) -> list[Preview]:
    jobs = [
        PreviewJob(
            type=tried.integration.type,
            payload=one.payload,
            integration=tried.integration,
            routes=tried.routes,
            read_as=one.read_as,
            alert_id=one.id,
        )
        for one in alerts
    ]
    sandbox = await api.playground.sandbox()
    return await sandbox.preview(jobs, clock.now())


def _result(alert: Alert, shown: Preview, before: Preview | None) -> dict[str, Any]:
    found: dict[str, Any] = {"alert_id": alert.id, **shown.model_dump()}
    found["problems"] = found.pop("errors")
    if before is not None:
        found["differences"] = [one.model_dump() for one in differences(before, shown)]
    return found
