"""The simulator beside a chain: who would be notified how and when, now or at any time, asked for in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from multidict import MultiMapping
from yarl import URL

from services.api.console.local_times import local_text, read_local
from services.api.console.visits import Visit
from services.api.refusals import Invalid
from services.api.resources.desk import parse
from services.api.simulation import SimulateBody, play
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.simulation import ASSUMPTIONS, SimulatedLine
from shared.domain.wall_time import instant, wall

# The parameters of the address that ask for a simulation; they stay while the chain is edited.
ASKED = ("at", "horizon", "label", "payload")
HORIZONS = ((3_600, "the first hour"), (86_400, "a day"), (604_800, "a week"), (2_592_000, "30 days"))
DAY_S = 86_400
LINES_SHOWN = 300
SUNDAY, MONDAY = 6, 0


@dataclass(frozen=True)
class PlayedLine:
    """Something that would happen: so long `after` the alert came. `who` is paged, "" where nobody is."""

    at: datetime
    after: timedelta
    who: str
    words: str
    problem: str
    tone: str


@dataclass(frozen=True)
class Played:
    """What the simulator shows; `problems` where it could not play."""

    at: str
    horizon: int
    labels: str
    payload: str
    shortcuts: tuple[tuple[str, str], ...]
    lines: tuple[PlayedLine, ...] = ()
    has_more: bool = False
    ended: str = ""
    until: datetime | None = None
    problems: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ASSUMPTIONS

    @property
    def people(self) -> list[str]:
        """Who would be paged, in the order of their first page."""
        return list(dict.fromkeys(one.who for one in self.lines if one.who))


async def played(visit: Visit, chain_id: str) -> Played:
    """Play a chain as the address asks; without anything asked, now."""
    query, now = visit.request.query, clock.now()
    blank = Played(
        at=query.get("at", ""),
        horizon=_horizon(query),
        labels=", ".join(query.getall("label", [])),
        payload=query.get("payload", ""),
        shortcuts=tuple(shortcuts(now, visit.zone, URL(f"/escalation-chains/{chain_id}{kept(visit)}"))),
    )
    try:
        body = _body(query, chain_id, visit.zone, blank.horizon)
        found, stage = await play(visit.api, await visit.api.desk(visit.principal), body)
    except Invalid as invalid:
        problems = tuple(f"{field}: {text}" for field, texts in invalid.errors.items() for text in texts)
        return replace(blank, problems=problems)
    lines = [_line(one, stage.now, stage.config) for one in found.lines[:LINES_SHOWN]]
    return replace(
        blank,
        lines=tuple(lines),
        has_more=len(found.lines) > len(lines),
        ended=found.ended,
        until=found.until,
    )


def kept(visit: Visit) -> str:
    """Return the simulator's part of the address, to be put behind a path: "" or "?at=…"."""
    asked = [(name, one) for name in ASKED for one in visit.request.query.getall(name, [])]
    return str(URL().with_query(asked)) if asked else ""


def shortcuts(now: datetime, zone: ZoneInfo, url: URL) -> list[tuple[str, str]]:
    """Return the words and the address of the times that are asked for most."""
    here = wall(now, zone)
    tonight = instant(datetime.combine(here.date() + timedelta(days=here.hour >= 3), time(3)), zone)
    times = [
        ("at 3 in the night", tonight),
        ("on Sunday at 3", _next(here, SUNDAY, time(3), zone)),
        ("on Monday at 9", _next(here, MONDAY, time(9), zone)),
    ]
    others = url.without_query_params("at")
    at = [(words, str(others.update_query(at=local_text(one, zone)))) for words, one in times]
    return [("now", str(others)), *at]


def _next(here: datetime, weekday: int, at: time, zone: ZoneInfo) -> datetime:
    day = here.date() + timedelta(days=(weekday - here.weekday()) % 7)
    found = datetime.combine(day, at)
    return instant(found if found > here else found + timedelta(days=7), zone)


def _horizon(query: MultiMapping[str]) -> int:
    text = query.get("horizon", "")
    return next((seconds for seconds, _ in HORIZONS if str(seconds) == text), DAY_S)


def _body(query: MultiMapping[str], chain_id: str, zone: ZoneInfo, horizon: int) -> SimulateBody:
    body: dict[str, Any] = {"escalation_chain_id": chain_id, "horizon": horizon}
    if query.get("at"):
        body["at"] = read_local(query["at"], zone, "at").isoformat()
    labels = [one for text in query.getall("label", []) for one in text.split(",") if one.strip()]
    if labels:
        body["labels"] = _labels(labels)
    if query.get("payload", "").strip():
        body["payload"] = _payload(query["payload"])
    return parse(SimulateBody, body)


def _labels(written: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in written:
        key, colon, value = one.partition(":")
        if not colon or not key.strip():
            raise Invalid.field("label", "Labels are written key:value, with commas between them.")
        found[key.strip()] = value.strip()
    return found


def _payload(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid.field("payload", f"It is no JSON: {error}.") from error


def _line(line: SimulatedLine, began_at: datetime, config: ConfigSnapshot) -> PlayedLine:
    user = config.user_by_id.get(line.user_id or "")
    is_page = line.what == "page"
    channel = (line.channel or "").replace("_", " ")
    words = f"by {channel}{', important' if line.important else ''}" if is_page else line.reason
    return PlayedLine(
        at=line.at,
        after=line.at - began_at,
        who=(user.username if user is not None else line.user_id or "somebody") if is_page else "",
        words=words,
        problem=line.problem,
        tone="bad" if line.problem else line.what,
    )
