"""The page of the pipeline: its stages as one picture, dead letters, what was decided on them, unknown deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from services.api.console.dead_letter_rows import LetterRow, letter_row, newest_decisions
from services.api.console.pipeline_stages import PICTURE, StageView
from services.api.console.visits import CONSOLE, Visit
from shared.bus import dead_letters
from shared.bus.dead_letters import DeadLetter
from shared.domain.delivery import DeliveryState
from shared.domain.people import Role
from shared.store.deliveries import Deliveries

PATH = "/pipeline"
LETTERS_SHOWN = 200
UNKNOWN_SHOWN = 50
READING: Role = "editor"
DECIDING: Role = "admin"


@dataclass(frozen=True)
class StageLetters:
    """The dead letters of one stage: how many there are, and those that the page shows."""

    stage: str
    count: int
    rows: tuple[LetterRow, ...]


async def show_pipeline(visit: Visit) -> web.Response:
    """GET: the stages in order, the dead letters, and deliveries of unknown outcome."""
    return await render_pipeline(visit)


async def render_pipeline(visit: Visit, problems: Sequence[str] = (), status: int = 200) -> web.Response:
    """Answer with the page; after a form that was refused with its fields as they were sent."""
    api, rabbit = visit.api, visit.request.app[CONSOLE].rabbit
    unknown = {"state": DeliveryState.UNKNOWN.value}
    letters = await dead_letters.list_letters(rabbit, None, LETTERS_SHOWN)
    # Not at the same time: the broker does not count what is being looked through.
    stages, unsettled, decisions = await asyncio.gather(
        visit.request.app[PICTURE].stages(as_of_now=True),
        Deliveries.of(api.database).find(unknown, UNKNOWN_SHOWN),
        newest_decisions(api.database),
    )
    dead = _dead(stages, letters)
    done_id = visit.request.query.get("done", "")
    return visit.page(
        "pipeline.html",
        status,
        stages=stages,
        has_news=False,
        dead=dead,
        known_dead=sum(one.count for one in dead),
        decisions=decisions,
        done=next((one for one in decisions if one.id == done_id), None),
        unsettled=unsettled,
        users=(await api.configuration.load()).user_by_id,
        problems=problems,
        chosen=frozenset(visit.form.getall("id", [])),
        reason=visit.form.get("reason", ""),
        acted_on=visit.form.get("service", ""),
        may_decide=visit.principal.may(DECIDING, writing=True),
    )


def _dead(stages: Sequence[StageView], letters: Sequence[DeadLetter]) -> list[StageLetters]:
    found = []
    for stage in stages:
        rows = tuple(letter_row(one) for one in letters if one.service == stage.name)
        count = max(stage.dead, len(rows))
        if count:
            found.append(StageLetters(stage.name, count, rows))
    return found
