"""The pipeline as one picture: every stage with what waits before it, who serves it, and what it could not handle."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from services.api.console.recent_work import StageWork, recent_work
from services.api.console.visits import CONSOLE, Visit
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.bus import dead_letters, queues
from shared.bus.dead_letters import DeadLetter
from shared.bus.queues import QueueState
from shared.bus.topology import CONSUMES, dead_queue_name, lanes_of, queue_name, retry_queue_name
from shared.bus.topology import RUNGS_S as RUNGS
from shared.domain.delivery import DeliveryState
from shared.domain.people import Role
from shared.errors import Permanent
from shared.store.deliveries import Deliveries
from shared.store.journal import Journal

LETTERS_SHOWN = 200
READING: Role = "editor"
DECIDING: Role = "admin"


@dataclass(frozen=True)
class StageView:
    """One stage: messages that wait, are put off after an error, or are dead; and what it did lately."""

    name: str
    waiting: int
    put_off: int
    dead: int
    workers: int
    missing: tuple[str, ...]
    work: StageWork | None

    @property
    def tone(self) -> str:
        """How it stands: bad, warn, or ""."""
        if self.missing or self.dead or not self.workers:
            return "bad"
        return "warn" if self.put_off or self.waiting > 1_000 else ""


async def show_pipeline(visit: Visit) -> web.Response:
    """GET: the stages in order, deliveries of unknown outcome, and the dead letters."""
    api, rabbit = visit.api, visit.request.app[CONSOLE].rabbit
    unknown = {"state": DeliveryState.UNKNOWN.value}
    states, work, unsettled, letters = await asyncio.gather(
        queues.states(rabbit),
        recent_work(Journal(api.database), clock.now()),
        Deliveries.of(api.database).find(unknown, 50),
        dead_letters.list_letters(rabbit, None, LETTERS_SHOWN),
    )
    users = (await api.configuration.load()).user_by_id
    return visit.page(
        "pipeline.html",
        stages=[_stage(name, states, work) for name in CONSUMES],
        letters=letters,
        unsettled=unsettled,
        users=users,
        may_decide=visit.principal.may(DECIDING, writing=True),
    )


async def show_letter(visit: Visit, problems: Sequence[str] = (), status: int = 200) -> web.Response:
    """GET of one dead letter: why, with the traceback, and its body to be repaired; one that was refused as sent."""
    letter = await _existing(visit)
    return visit.page(
        "dead_letter.html",
        status,
        letter=letter,
        problems=problems,
        body=visit.form.get("body") or _indented(letter.body),
        may_decide=visit.principal.may(DECIDING, writing=True),
    )


async def replay(visit: Visit) -> web.Response:
    """POST: sends the named letters, or all of a stage, back to it."""
    console = visit.request.app[CONSOLE]
    service, ids = _named(visit)
    await dead_letters.replay(console.rabbit, visit.api.bus, service, lambda one: not ids or one.id in ids)
    return visit.see("/pipeline")


async def replay_repaired(visit: Visit) -> web.Response:
    """POST: sends one letter back with the body of the form."""
    console = visit.request.app[CONSOLE]
    service, letter_id = visit.request.match_info["service"], visit.request.match_info["id"]
    try:
        body = orjson.dumps(orjson.loads(visit.form.get("body", ""))).decode()
        if (
            await dead_letters.replay_repaired(console.rabbit, visit.api.bus, service, letter_id, body)
            is None
        ):
            raise Refused.not_found()
    except (orjson.JSONDecodeError, Permanent) as error:
        return await show_letter(visit, [f"body: It is not an event that can be sent: {error}"], 400)
    return visit.see("/pipeline")


async def discard(visit: Visit) -> web.Response:
    """POST: removes the named letters, or all of a stage, with a reason that the journal keeps."""
    console = visit.request.app[CONSOLE]
    service, ids = _named(visit)
    reason = visit.form.get("reason", "").strip()
    if not 3 <= len(reason) <= 300:
        raise Invalid.field("reason", "Say why in 3 to 300 characters; the journal keeps it.")
    why = (f"{reason} ({visit.principal.actor})", clock.now())
    await dead_letters.discard(
        console.rabbit, visit.api.bus, service, lambda one: not ids or one.id in ids, why
    )
    return visit.see("/pipeline")


def _named(visit: Visit) -> tuple[str, frozenset[str]]:
    """Return the stage and the ids that a form names; no ids mean all, which the form says expressly."""
    service = visit.form.get("service", "")
    if service not in CONSUMES:
        raise Invalid.field("service", "There is no such stage.")
    ids = frozenset(visit.form.getall("id", []))
    if not ids and visit.form.get("all") != "yes":
        raise Invalid.field("id", "Name dead letters, or all.")
    return service, ids


async def _existing(visit: Visit) -> DeadLetter:
    service, letter_id = visit.request.match_info["service"], visit.request.match_info["id"]
    if service not in CONSUMES:
        raise Refused.not_found()
    found = await dead_letters.list_letters(visit.request.app[CONSOLE].rabbit, service)
    letter = next((one for one in found if one.id == letter_id), None)
    if letter is None:
        raise Refused.because(404, "It is not among the dead letters any more.")
    return letter


def _stage(name: str, states: Sequence[QueueState], work: dict[str, StageWork]) -> StageView:
    by_name = {one.name: one for one in states}
    lanes = [by_name[queue_name(name, lane)] for lane in lanes_of(name)]
    retries = [by_name[retry_queue_name(name, rung)] for rung in RUNGS]
    dead = by_name[dead_queue_name(name)]
    return StageView(
        name=name,
        waiting=sum(one.messages for one in lanes),
        put_off=sum(one.messages for one in retries),
        dead=dead.messages,
        workers=min(one.consumers for one in lanes),
        missing=tuple(one.name for one in (*lanes, *retries, dead) if not one.exists),
        work=work.get(name),
    )


def _indented(body: str) -> str:
    try:
        read: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return orjson.dumps(read, option=orjson.OPT_INDENT_2).decode()
