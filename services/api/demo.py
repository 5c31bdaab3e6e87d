"""The endpoint of demo alerts: a type's example, or a payload of one's own, through the whole pipeline."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from aiohttp import web
from pydantic import Field

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.group_shapes import instant
from services.api.integration_tokens import existing
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Body, parse
from shared import clock, integrations
from shared.domain import ingest
from shared.domain.configuration import Integration
from shared.domain.demo import WITHOUT_DEMO
from shared.domain.model import Alert
from shared.errors import Permanent
from shared.events import AlertReceived, derived_id
from shared.integrations.integration_type import IntegrationType, NotAnAlert, Part

CONFIRM_TIMEOUT_S = 2.0


class DemoBody(Body):
    """What to send: the type's example of `state`, or `payload`. A `demo_id` makes it one demo with an earlier one."""

    payload: Any = None
    state: Literal["firing", "resolved"] = "firing"
    demo_id: Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,64}$")] | None = None


async def send_demo(request: web.Request) -> web.Response:
    """POST: 200 when the broker has confirmed the demo alerts; 503 when it has not, and they may not arrive."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(DemoBody, await read_json(request, api.settings.max_body_bytes))
    return json_answer(await demo_sent(request, principal, body))


async def demo_sent(request: web.Request, principal: Principal, body: DemoBody) -> dict[str, Any]:
    """Send the demo alerts of the integration in the URL; return their receipt.

    Raises:
        Refused: there is no such integration, its type has no demo, or it cannot read the payload.
        Unavailable: the broker did not confirm.
    """
    api = request.app[API]
    desk = await api.desk(principal)
    integration, version = existing(desk, request), desk.draft.base.version
    parts = _parts(api, integration, body)
    demo_id, now = body.demo_id or str(uuid.uuid4()), clock.now()
    alerts = _alerts(parts, integration.id, demo_id, now)
    events = [_received(one, integration, principal, version) for one in alerts]
    await api.bus.publish(events, timeout_s=CONFIRM_TIMEOUT_S)
    return _receipt(api, alerts, demo_id, now)


def _parts(api: Api, integration: Integration, body: DemoBody) -> list[Part]:
    """Return the alerts to send.

    Raises:
        Refused: this type has no demo, or cannot read the payload.
    """
    kind = integrations.by_slug(integration.type)
    if kind is None or integration.type in WITHOUT_DEMO:
        raise Refused.because(400, f"Integrations of type {integration.type} have no demo alert.")
    if body.sent("payload") and body.sent("state"):
        raise Invalid.field("state", "Chooses between the examples: leave it out with a payload of your own.")
    payload = body.payload if body.sent("payload") else _example(kind, body)
    limits = ingest.Limits(api.settings.max_body_depth, api.settings.max_body_keys)
    try:
        parsed = ingest.parse(orjson.dumps(payload), "application/json", limits)
        found = kind.parts(parsed, integration.each_instance)
    except (Permanent, NotAnAlert) as error:
        raise Invalid.field("payload", f"This integration cannot read it: {error.reason}") from error
    if not found:
        raise Invalid.field("payload", "It holds no alerts.")
    return found


def _example(kind: IntegrationType, body: DemoBody) -> Any:
    if body.state == "firing":
        return kind.example_firing
    if kind.example_resolved is None:
        raise Invalid.field(
            "state", f"{kind.title} never says that something is over: there is no such example."
        )
    if body.demo_id is None:
        raise Invalid.field(
            "demo_id", "Say which demo to resolve: the demo_id that its firing was answered with."
        )
    return kind.example_resolved


def _alerts(parts: Sequence[Part], integration_id: str, demo_id: str, now: datetime) -> list[Alert]:
    made = ingest.alerts_of(parts, integration_id, str(uuid.uuid4()), now)
    return [one.model_copy(update={"is_demo": True, "demo_id": demo_id}) for one in made]


def _received(alert: Alert, integration: Integration, principal: Principal, version: int) -> AlertReceived:
    return AlertReceived(
        id=derived_id(alert.id, AlertReceived.type),
        time=alert.received_at,
        alert_id=alert.id,
        subject=alert.id,
        config_version=version,
        decision="accepted",
        reason=f"a demo of {integration.name}, sent by {principal.actor}",
        alert=alert,
    )


def _receipt(api: Api, alerts: Sequence[Alert], demo_id: str, now: datetime) -> dict[str, Any]:
    first = alerts[0].id
    return {
        "id": first,
        "alert_id": first,
        "ids": [one.id for one in alerts],
        "demo_id": demo_id,
        "trace_url": f"{api.settings.public_url.rstrip('/')}/api/v1/alerts/{first}/trace",
        "accepted_at": instant(now),
    }
