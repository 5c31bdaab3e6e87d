"""Walks over all firing groups in stretches; only a stretch whose sums have changed is looked at group by group."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain.watchdog import has_chain
from shared.live_configuration import LiveConfiguration
from shared.store.watch import Sums, Watch

SLICE = 10_000
PAUSE_S = 0.1
LOOKED_AT_ONCE = 500


@dataclass(frozen=True)
class Stretch:
    """Groups with an id in (after, last], as they were found when each of them was last accounted for.

    `stated` are those without a running escalation that have a reason for it, as "<group>:<run>". `difference` is
    what firing groups and running escalations differed by then; None when something was in doubt.
    """

    after: str = ""
    last: str | None = None
    difference: Sums | None = None
    stated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Compared:
    """A stretch that was looked at group by group: its parts, its groups in doubt, and `members` as in a difference."""

    parts: list[Stretch]
    doubtful: set[str]
    members: int


class Walking:
    """Finds groups in doubt: firing, without a running escalation or its due time, and without a stated reason."""

    def __init__(self, watch: Watch, config: LiveConfiguration) -> None:
        self._watch = watch
        self._config = config
        self._stretches = [Stretch()]
        self._timeless: frozenset[str] = frozenset()
        self.firing = 0
        self.compared = 0

    def forget(self) -> None:
        """Account for every group anew at the next walk: another instance may have walked meanwhile."""
        self._stretches = [Stretch()]

    async def walk(self) -> set[str]:
        """Return the ids of groups in doubt."""
        doubtful = {_id_in(one) for one in await self._watch.timeless()}
        found: list[Stretch] = []
        self.firing = self.compared = 0
        for one in self._stretches:
            stretches, some = await self._look(one)
            found += stretches
            doubtful |= some
            await asyncio.sleep(PAUSE_S)
        self._stretches = found
        if len(found) > 1 and self.firing < len(found) * SLICE // 4:
            self._stretches = [Stretch(stated=frozenset().union(*(one.stated for one in found)))]
        return doubtful

    async def _look(self, one: Stretch) -> tuple[list[Stretch], set[str]]:
        """Account for a stretch; return what it is cut into, and the ids of groups in doubt."""
        firing, difference = await self._added_up(one)
        self.firing += firing.members
        is_long = firing.members > 2 * SLICE
        if one.difference == difference and not is_long:
            return [one], set()
        self.compared += 1
        compared = await self._compare(one, SLICE if is_long else 0)
        # Only what is the same before, then and after was compared as it was summed: an escalation that began in
        # between would be taken for one that need not be there, and its loss for no change.
        if len(compared.parts) > 1 or compared.doubtful or compared.members != difference.members:
            return compared.parts, compared.doubtful
        is_the_same = (await self._added_up(one))[1] == difference
        return [replace(compared.parts[0], difference=difference if is_the_same else None)], set()

    async def _added_up(self, one: Stretch) -> tuple[Sums, Sums]:
        """Return the sums of the firing groups of a stretch, and what those of the running escalations lack of them."""
        firing = await self._watch.firing_sums(one.after, one.last)
        return firing, firing.less(await self._watch.running_sums(one.after, one.last))

    async def _compare(self, one: Stretch, cut_at: int) -> Compared:
        """Look at every group of a stretch, cut into parts of `cut_at` groups (0: not cut)."""
        after, found, doubtful, members = one.after, list[Stretch](), set[str](), 0
        while True:
            part = await self._watch.firing(after, one.last, cut_at)
            last = part.last or one.last
            running = await self._watch.running(after, last)
            members += len(part.keys) - len(running)
            loose = set(part.keys).difference(running)
            known = loose & one.stated
            stated = known | await self._stated(sorted(loose - known))
            found.append(Stretch(after, last, None, frozenset(stated)))
            doubtful |= {_id_in(key) for key in loose - stated}
            if part.last is None:
                return Compared(found, doubtful, members)
            after = part.last
            await asyncio.sleep(PAUSE_S)

    async def _stated(self, keys: Sequence[str]) -> set[str]:
        """Return those of these groups that have a stated reason to be without a running escalation."""
        config, found = self._config.current, set[str]()
        for some in _in_parts(keys):
            reasoned = await self._watch.with_reason(some)
            rest = {_id_in(key): key for key in some if key not in reasoned}
            routes = await self._watch.routes_of(list(rest)) if rest else {}
            found |= reasoned
            found |= {key for id, key in rest.items() if id in routes and not has_chain(routes[id], config)}
        return found


def _in_parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), LOOKED_AT_ONCE):
        yield keys[start : start + LOOKED_AT_ONCE]


def _id_in(key: str) -> str:
    return key.rpartition(":")[0]
