"""Whose turn it is in steps that notify the next person each time; written by the escalator only.

One document per step: who had the last turn, and the draws that were made with the newest write. One document per
draw, so that the same draw has the same answer for as long as it can come again. The order of writes makes a crash
harmless: draws stand in the step's document first, get documents of their own, and only then make room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.domain.rotation import draw_turns
from shared.domain.steps import Turn
from shared.errors import Transient
from shared.store.mongo import Database, Document, Index

ATTEMPTS = 50
# A dead letter that is replayed later than this may get another person.
REMEMBERED = timedelta(days=30)
DRAW_INDEXES = (Index((("expires_at", 1),), expire_after_s=0),)


class Rotations:
    """Repository of `rotations` and `rotation_draws`."""

    def __init__(self, database: Database) -> None:
        self._steps = database.collection("rotations")
        self._draws = database.collection("rotation_draws")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._draws.ensure_indexes(DRAW_INDEXES)

    async def last_of(self, step_ids: Sequence[str]) -> dict[str, str]:
        """Return who had the last turn of these steps, by step; nothing is changed."""
        found = await self._steps.find({"_id": {"$in": list(step_ids)}}, {"last_user_id": 1})
        return {one["_id"]: one["last_user_id"] for one in found}

    async def draw(self, turns: Sequence[Turn], now: datetime) -> list[str]:
        """Return the user whose turn each is, in the order of the questions; a draw made before is not made again.

        Raises:
            Transient: other instances drew from the same step again and again.
        """
        drawn: dict[str, str] = {}
        for step_id in dict.fromkeys(one.step_id for one in turns):
            drawn |= await self._draw_of(step_id, [one for one in turns if one.step_id == step_id], now)
        return [drawn[one.draw_id] for one in turns]

    async def _draw_of(self, step_id: str, turns: Sequence[Turn], now: datetime) -> dict[str, str]:
        ids = [one.draw_id for one in turns]
        for _ in range(ATTEMPTS):
            # The step first: a draw that leaves it has a document of its own by then.
            step = await self._steps.find_one({"_id": step_id})
            known = await self._known(ids, _fresh(step))
            new = [one for one in turns if one.draw_id not in known]
            if not new:
                return known
            last, drawn = draw_turns(new, (step or {}).get("last_user_id", ""))
            if await self._write(step_id, step, (last, drawn), now):
                return known | drawn
        raise Transient(f"{ATTEMPTS} races for the turns of step {step_id} were lost")

    async def _known(self, ids: Sequence[str], fresh: Mapping[str, str]) -> dict[str, str]:
        found = await self._draws.find({"_id": {"$in": list(ids)}}, {"user_id": 1})
        stored = {one["_id"]: str(one["user_id"]) for one in found}
        return stored | {id: fresh[id] for id in ids if id in fresh}

    async def _write(
        self, step_id: str, step: Document | None, after: tuple[str, Mapping[str, str]], now: datetime
    ) -> bool:
        """Store a turn; False when another instance was first."""
        last, drawn = after
        fields: Document = {
            "last_user_id": last,
            "fresh": [{"id": id, "user_id": user_id} for id, user_id in drawn.items()],
        }
        if step is None:
            return not await self._steps.insert_new([{"_id": step_id, "version": 1, **fields}])
        expires_at = now + REMEMBERED
        made = [
            {"_id": id, "user_id": user_id, "expires_at": expires_at} for id, user_id in _fresh(step).items()
        ]
        if made:
            await self._draws.insert_new(made)
        wanted = {"_id": step_id, "version": step["version"]}
        change = {"$set": {**fields, "version": step["version"] + 1}}
        return await self._steps.update_one(wanted, change) == 1


def _fresh(step: Document | None) -> dict[str, str]:
    """Return the draws of the newest write of a step."""
    return {one["id"]: one["user_id"] for one in (step or {}).get("fresh", ())}
