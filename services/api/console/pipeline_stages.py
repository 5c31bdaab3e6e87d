"""The picture of the stages: what waits before each, who serves it, what it did lately; alone, and as it changes.

However many look at it, the broker and the journal are asked once in two seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from services.api.console.fresh import Fresh
from services.api.console.live import BEAT_EVERY_S, LIVE, Watcher, feed
from services.api.console.recent_work import StageWork, recent_work
from services.api.console.visits import Visit
from shared import clock
from shared.bus import queues
from shared.bus.queues import QueueState
from shared.bus.rabbit import Rabbit
from shared.bus.topology import CONSUMES, RUNGS_S, dead_queue_name, lanes_of, queue_name, retry_queue_name
from shared.errors import Unavailable
from shared.store.journal import Journal
from shared.store.mongo import Database

LOOKS_EVERY_S = 2.0


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


class Picture:
    """What the stages are like, looked at for everybody together."""

    def __init__(self, rabbit: Rabbit, database: Database) -> None:
        self.states: Fresh[list[QueueState]] = Fresh(lambda: queues.states(rabbit), LOOKS_EVERY_S)
        self._work: Fresh[dict[str, StageWork]] = Fresh(
            lambda: recent_work(Journal(database), clock.now()), LOOKS_EVERY_S
        )

    async def stages(self, *, as_of_now: bool = False) -> list[StageView]:
        """Return the stages in their order, as they were at most two seconds ago; `as_of_now`: as they are.

        Raises:
            Unavailable: the broker or the database is away.
        """
        states = await (self.states.renewed() if as_of_now else self.states.get())
        work = await self._work.get()
        return [_stage(name, states, work) for name in CONSUMES]


PICTURE = web.AppKey("picture", Picture)


async def show_stages(visit: Visit) -> web.Response:
    """GET of the picture alone; `dead` is how many dead letters the page around it knows of.

    Fewer are no news: those that somebody is looking through are not counted for that moment.
    """
    stages = await visit.request.app[PICTURE].stages()
    known = visit.request.query.get("dead", "")
    dead = sum(one.dead for one in stages)
    has_news = known.isascii() and known.isdecimal() and dead > int(known[:9])
    return visit.page("pipeline_stages.html", stages=stages, has_news=has_news)


async def show_changes(visit: Visit) -> web.StreamResponse:
    """GET: server-sent events `pipeline` without data, whenever the picture should be looked at again."""
    live, picture = visit.request.app[LIVE], visit.request.app[PICTURE]
    last = _Told()

    async def tell(response: web.StreamResponse, watcher: Watcher) -> None:
        if last.found is not None:
            await live.pause(LOOKS_EVERY_S)
        found = await _found(picture)
        now = clock.monotonic_s()
        if found != last.found or watcher.woken.is_set() or now - last.at_s >= BEAT_EVERY_S:
            watcher.take()
            last.found, last.at_s = found, now
            await response.write(b"event: pipeline\ndata: {}\n\n")

    return await feed(visit, tell)


@dataclass
class _Told:
    """What was the case when a page was last told, None before; and when that was on the monotonic clock."""

    found: list[QueueState] | str | None = None
    at_s: float = 0.0


async def _found(picture: Picture) -> list[QueueState] | str:
    """Return the state of the queues, or why nobody knows it: then the page asks, and its reader is told."""
    try:
        return await picture.states.get()
    except Unavailable as error:
        return error.reason


def _stage(name: str, states: Sequence[QueueState], work: dict[str, StageWork]) -> StageView:
    by_name = {one.name: one for one in states}
    lanes = [by_name[queue_name(name, lane)] for lane in lanes_of(name)]
    retries = [by_name[retry_queue_name(name, rung)] for rung in RUNGS_S]
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
