"""What is done with an outgoing webhook besides changing it: its runs, a call by hand, a preview, a new secret."""

from __future__ import annotations

import json
import secrets
import uuid
from datetime import timedelta
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.group_shapes import instant
from services.api.groups import existing_group
from services.api.idempotency import key_of
from services.api.paging import asked_page, page_body
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Body, Desk, parse, required
from services.api.resources.webhooks import sign_with
from shared import clock
from shared.domain.configuration import Webhook
from shared.domain.configuration_draft import Tables
from shared.domain.declaration import Seconds
from shared.domain.delivery import Delivery
from shared.domain.model import Actor, Group
from shared.domain.webhook_event import MANUAL, WebhookJob, WebhookTexts, why_not_called
from shared.domain.webhook_record import RunRecord
from shared.domain.webhook_signature import NEW_BYTES, secret_of
from shared.domain.webhook_triggers import PERSONAL, STATUS_CHANGE, TRIGGERS
from shared.errors import Unavailable
from shared.events import WebhookRequested, derived_id
from shared.store.alerts import Alerts
from shared.store.deliveries import Deliveries
from shared.webhook_calls import Sources, WebhookCalls

PAGE_SIZE = 50
CONFIRM_TIMEOUT_S = 5.0
NOT_CONFIRMED = "The broker did not confirm the request. The webhook is not called; try again."
LONGEST_OVERLAP_S = 366 * 86_400


class GroupBody(Body):
    """The alert group that a webhook is tried on or called for; `trigger_type` is what a preview pretends."""

    alert_group_id: str | None = None
    trigger_type: str | None = None


class RotateSecretBody(Body):
    """How long the former secret signs beside the new one: seconds, or a number with s, m, h or d."""

    keep_old_for: Annotated[Seconds, Field(ge=0, le=LONGEST_OVERLAP_S)] = 86_400


async def list_responses(request: web.Request) -> web.Response:
    """GET: every evaluation that is kept, called or not, the newest first; `alert_group_id` filters."""
    api = request.app[API]
    desk = await api.desk(await api.caller(request))
    webhook = _existing(desk.draft.get(Webhook, request.match_info["id"]))
    group_id = request.query.get("alert_group_id")
    runs = deliveries_of(api)
    count = await runs.count_runs(webhook.id, group_id)
    page = asked_page(request, PAGE_SIZE).within(count)
    found = await runs.runs(webhook.id, page.size, page.skip, group_id)
    return json_answer(page_body(request, page, count, [response_shape(one) for one in found]))


async def trigger(request: web.Request) -> web.Response:
    """POST: 202 when the call of a webhook for a group is asked for; its run tells what became of it."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(GroupBody, await read_json(request, api.settings.max_body_bytes))
    about = (body.alert_group_id, key_of(request))
    event = await call_by_hand(api, principal, request.match_info["id"], about)
    shape = {"id": event.id, "webhook_id": event.webhook_id, "alert_group_id": event.group.id}
    return json_answer(shape, 202)


async def preview(request: web.Request) -> web.Response:
    """POST: 200 with the request that a webhook would make for a group; nothing is sent."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(GroupBody, await read_json(request, api.settings.max_body_bytes))
    return json_answer(await previewed(api, principal, request.match_info["id"], body))


async def rotate_secret(request: web.Request) -> web.Response:
    """POST: 200 with a new signing secret, shown this once; the former one signs too for a while."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(RotateSecretBody, await read_json(request, api.settings.max_body_bytes))
    keep_for = timedelta(seconds=body.keep_old_for)
    return json_answer(await with_new_secret(api, principal, request.match_info["id"], keep_for))


async def call_by_hand(
    api: Api, principal: Principal, webhook_id: str, about: tuple[str | None, str]
) -> WebhookRequested:
    """Ask for the call of a webhook for (a group's id, a key: the same one is the same call, "" is none).

    Raises:
        Refused: 404, 400 it would not be called, 503 the broker did not confirm, or `Invalid`: no such group.
    """
    tables = await api.configuration.tables()
    webhook = _existing(tables.of(Webhook).get(webhook_id))
    group_id, key = about
    group = await _group(api, group_id)
    event = _asked(webhook, group, MANUAL, principal.actor, tables)
    if key:
        actor = principal.actor
        id = derived_id("webhook", actor.id, actor.name, webhook.id, group.id, key)
        event = event.model_copy(update={"id": id})
    refusal = why_not_called(webhook, event)
    if refusal is not None:
        raise Refused.because(400, f"It would not be called: {refusal}.")
    try:
        await api.bus.publish([event], timeout_s=CONFIRM_TIMEOUT_S)
    except Unavailable as error:
        headers = {"Retry-After": "2"}
        raise Refused(503, {"detail": NOT_CONFIRMED, "reason": error.reason}, headers) from error
    return event


async def previewed(api: Api, principal: Principal, webhook_id: str, body: GroupBody) -> dict[str, Any]:
    """Return the request that a webhook would make for a group.

    Raises:
        Refused: 404, or `Invalid`: no such group or trigger.
    """
    tables = await api.configuration.tables()
    webhook = _existing(tables.of(Webhook).get(webhook_id))
    given = body.trigger_type or webhook.trigger_type
    if given not in TRIGGERS:
        raise Invalid.field("trigger_type", f"Must be one of {', '.join(TRIGGERS)}.")
    pretended = "acknowledge" if given == STATUS_CHANGE else given
    group = await _group(api, body.alert_group_id)
    event = _asked(webhook, group, pretended, principal.actor, tables)

    async def render(job: WebhookJob) -> WebhookTexts:
        (texts,) = await (await api.playground.sandbox()).webhook([job], clock.now())
        return texts

    sources = Sources(Alerts(api.database), deliveries_of(api))
    calls = WebhookCalls(sources, api.secrets, render, api.settings.public_url)
    prepared = await calls.prepare(event, webhook, tables.snapshot(), clock.now())
    reason = prepared.held_back or prepared.failure
    return _preview_shape(prepared.record, webhook, reason)


async def with_new_secret(
    api: Api, principal: Principal, webhook_id: str, keep_for: timedelta
) -> dict[str, Any]:
    """Give a webhook a new signing secret and return it, this once.

    Raises:
        Refused: 404.
    """
    secret = secret_of(secrets.token_bytes(NEW_BYTES))

    def change(desk: Desk) -> Webhook:
        row = _existing(desk.draft.get(Webhook, webhook_id))
        after = row.model_copy(update=sign_with(desk, row, secret, keep_for))
        desk.draft.put(after)
        return after

    after = (await api.edit(principal, change)).result
    return {"signing_secret": secret, "former_valid_until": instant(after.former_signing_secret_until)}


def response_shape(run: Delivery) -> dict[str, Any]:
    """Return the public shape of one evaluation."""
    event, record = run.event, run.record or RunRecord()
    return {
        "id": run.id,
        "timestamp": instant(run.created_at),
        "url": run.url,
        "request_trigger": record.trigger,
        "request_headers": _text(record.headers),
        "request_data": record.data,
        "status_code": str(run.status_code) if run.status_code is not None else None,
        "content": run.content,
        "event_data": _text(record.event),
        "trigger_type": event.trigger if isinstance(event, WebhookRequested) else PERSONAL,
        "alert_group_id": run.group_id,
        "fired": run.attempts > 0,
        "state": run.state.value,
        "reason": run.reason,
        "attempts": run.attempts,
        "next_try_at": instant(run.due_at),
        "finished_at": instant(run.finished_at),
    }


def _preview_shape(record: RunRecord, webhook: Webhook, reason: str) -> dict[str, Any]:
    return {
        "would_be_called": not reason,
        "reason": reason,
        "method": webhook.http_method,
        "url": record.url,
        "request_trigger": record.trigger,
        "request_headers": record.headers,
        "request_data": record.data,
        "event_data": record.event,
    }


def _asked(webhook: Webhook, group: Group, trigger: str, actor: Actor, tables: Tables) -> WebhookRequested:
    return WebhookRequested(
        id=str(uuid.uuid4()),
        time=clock.now(),
        alert_id=group.last_alert_id,
        subject=group.id,
        config_version=tables.version,
        decision="webhook",
        reason=f"{actor} asked for it",
        group=group,
        webhook_id=webhook.id,
        trigger=trigger,
        actor=actor,
    )


async def _group(api: Api, group_id: str | None) -> Group:
    id = required(group_id, "alert_group_id")
    try:
        return await existing_group(api, id)
    except Refused as error:
        raise Invalid.field("alert_group_id", f"There is no alert group with id {id}.") from error


def deliveries_of(api: Api) -> Deliveries:
    """Return the ledger in which the runs of webhooks stand."""
    return Deliveries(api.database, timedelta(days=api.settings.retention_days))


def _existing(row: Webhook | None) -> Webhook:
    if row is None:
        raise Refused.not_found()
    return row


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
