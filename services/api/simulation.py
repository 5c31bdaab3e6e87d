"""The simulator's endpoint: who would be notified how and when, if an alert came at some instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from aiohttp import web
from pydantic import AwareDatetime, Field

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.group_shapes import instant
from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, parse
from services.api.resources.maintenance_windows import EARLIEST, LATEST
from shared import clock
from shared.domain.conditions import job_of
from shared.domain.configuration import Chain, ConfigSnapshot, Integration, Route
from shared.domain.model import Card, Group
from shared.domain.rotation import next_turn
from shared.domain.simulation import ASSUMPTIONS, Simulated, SimulatedLine, simulate
from shared.domain.steps import AlertsInWindow, Question, Turn
from shared.domain.template_jobs import Preview, PreviewJob
from shared.events import GroupOpened, GroupRendered
from shared.store.rotations import Rotations

ID = "SIMULATION"
WEEK_S, LONGEST_S = 7 * 86_400, 31 * 86_400


class SimulateBody(Body):
    """What to play: an `integration_id` (an alert comes there) or an `escalation_chain_id` (a group runs through it).

    `at`: when, with an offset; now when it is missing. `payload`: the alert as its tool would send it; without one it
    is an alert with these `labels` that takes the default route. `horizon`: how far to look, in seconds.
    """

    integration_id: str | None = None
    escalation_chain_id: str | None = None
    at: AwareDatetime | None = Field(default=None, strict=False)
    payload: Any = None
    labels: dict[str, str] = Field(default_factory=dict)
    horizon: int = Field(default=WEEK_S, ge=60, le=LONGEST_S)


class Stage(NamedTuple):
    """What is played, and with what: the group that opens, its cards, the payload that conditions see."""

    config: ConfigSnapshot
    group: Group
    cards: dict[str, Card]
    payload: Any
    integration_name: str
    now: datetime


async def simulate_escalation(request: web.Request) -> web.Response:
    """POST: everything that would happen, in order, with its reasons; nothing is sent or stored."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(SimulateBody, await read_json(request, api.settings.max_body_bytes))
    found, stage = await play(api, await api.desk(principal), body)
    return json_answer(_shape(found, stage))


async def play(api: Api, desk: Desk, body: SimulateBody) -> tuple[Simulated, Stage]:
    """Return what would happen, and what was played.

    Raises:
        Invalid: neither or both of integration and chain are named, or one does not exist.
    """
    stage = await _stage(api, desk, body)
    event = GroupRendered(
        id=ID, time=stage.now, group=stage.group, change=GroupOpened.type, cards=stage.cards, subject=ID
    )
    until = stage.now + timedelta(seconds=body.horizon)
    playing = simulate(event, stage.config, stage.now, until)
    facts = Facts(api, stage)
    answer: Any = None
    while True:
        try:
            question, at = playing.send(answer)
        except StopIteration as end:
            found: Simulated = end.value
            return found, stage
        answer = await facts.answer(question, at)


class Facts:
    """Answers what steps ask: turns go on from those that were taken, without taking them."""

    def __init__(self, api: Api, stage: Stage) -> None:
        self._api = api
        self._stage = stage
        self._rotations = Rotations(api.database)
        self._last: dict[str, str] = {}

    async def answer(self, question: Question, at: datetime) -> Any:
        """Return the answer to a question that is asked at an instant."""
        if isinstance(question, Turn):
            return await self._turn(question)
        if isinstance(question, AlertsInWindow):
            return self._stage.group.alerts_count
        job = job_of(question.template, question.group, self._stage.payload, self._stage.integration_name)
        sandbox = await self._api.playground.sandbox()
        (verdict,) = await sandbox.condition([job], at)
        return verdict

    async def _turn(self, question: Turn) -> str:
        step_id = question.step_id
        if step_id not in self._last:
            self._last |= {step_id: "", **await self._rotations.last_of([step_id])}
        self._last[step_id] = next_turn(question.persons, self._last[step_id])
        return self._last[step_id]


async def _stage(api: Api, desk: Desk, body: SimulateBody) -> Stage:
    """Return what is played.

    Raises:
        Invalid: neither or both of integration and chain are named, or one does not exist.
    """
    if bool(body.integration_id) == bool(body.escalation_chain_id):
        raise Invalid.field("integration_id", "Name either an integration_id or an escalation_chain_id.")
    config = desk.draft.base.snapshot()
    now = body.at or clock.now()
    if not EARLIEST <= now <= LATEST:
        raise Invalid.field("at", "Must be between the years 2000 and 2100.")
    if body.integration_id:
        integration = desk.existing(Integration, body.integration_id, "integration_id")
        assert integration is not None
        return await _at_integration(api, config, integration, body, now)
    chain = desk.existing(Chain, body.escalation_chain_id, "escalation_chain_id")
    assert chain is not None
    route = Route(id=ID, integration_id=ID, is_default=True, escalation_chain_id=chain.id)
    fields = {name: getattr(config, name) for name in ConfigSnapshot.model_fields}
    whole = ConfigSnapshot.model_construct(**fields | {"routes": (*config.routes, route)})
    group = _group(ID, ID, body.labels, None, now)
    return Stage(whole, group, {}, body.payload, "", now)


async def _at_integration(
    api: Api, config: ConfigSnapshot, integration: Integration, body: SimulateBody, now: datetime
) -> Stage:
    routes = config.routes_of.get(integration.id, ())
    if not body.sent("payload"):
        route_id = routes[-1].id if routes else None
        group = _group(integration.id, route_id, body.labels, None, now)
        return Stage(config, group, {}, None, integration.name, now)
    job = PreviewJob(
        type=integration.type, payload=body.payload, integration=integration, routes=routes, alert_id=ID
    )
    sandbox = await api.playground.sandbox()
    shown: Preview
    (shown,) = await sandbox.preview([job], now)
    group = _group(integration.id, shown.route_id, shown.labels, shown.title, now)
    return Stage(config, group, shown.cards, body.payload, integration.name, now)


def _group(
    integration_id: str, route_id: str | None, labels: dict[str, str], title: str | None, now: datetime
) -> Group:
    return Group(
        id=ID,
        integration_id=integration_id,
        route_id=route_id,
        key="",
        title=title,
        labels=labels,
        alerts_count=1,
        first_alert_id=ID,
        last_alert_id=ID,
        opened_at=now,
        last_alert_at=now,
        last_fired_at=now,
    )


def _shape(found: Simulated, stage: Stage) -> dict[str, Any]:
    return {
        "at": instant(stage.now),
        "until": instant(found.until),
        "integration_id": stage.group.integration_id if stage.group.integration_id != ID else None,
        "route_id": stage.group.route_id if stage.group.route_id != ID else None,
        "chain": found.chain_name or None,
        "title": stage.group.title,
        "config_version": stage.config.version,
        "assumptions": list(ASSUMPTIONS),
        "ended": found.ended or None,
        "results": [_line_shape(one, stage.config) for one in found.lines],
    }


def _line_shape(line: SimulatedLine, config: ConfigSnapshot) -> dict[str, Any]:
    user = config.user_by_id.get(line.user_id or "")
    shape = line.model_dump(exclude={"at", "problem"}) | {"at": instant(line.at)}
    return shape | {"username": user.username if user else None, "problem": line.problem or None}
