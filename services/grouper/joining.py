"""Alerts into groups: the write protocol that loses no alert, stores none twice and counts each once.

1. Insert the alerts, without a group. 2. Read the groups, then look which alerts are applied already (in a group, or
   pending in one); one versioned write per group takes in ids, count and events of the others. 3. (after telling) Set
   the group on the alerts, take them out of `pending`. A crash in any gap leaves what the next delivery finishes, and
   an instance that was asleep in one meanwhile finds its work done: whatever was applied after its look at the groups
   of a key has made its write a lost race, by the version of the open group, or by the key's next generation
   (docs/adr/0085).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from shared import clock
from shared.bus.publisher import Encoded
from shared.domain.configuration import Integration
from shared.domain.group_numbers import numbered
from shared.domain.grouping import Change, fold
from shared.domain.states import due_at_of
from shared.errors import Transient
from shared.events import AlertRouted, Event, StageDecided
from shared.store import untold
from shared.store.alert_groups import AlertGroups, GroupWrite, group_key
from shared.store.alerts import Alerts
from shared.store.counters import Numbers
from shared.told import Told

ATTEMPTS = 20
Encode = Callable[[Event], Encoded]


class Joining:
    """Puts routed alerts into their groups."""

    def __init__(
        self, alerts: Alerts, groups: AlertGroups, numbers: Numbers, encode: Encode, keep: timedelta
    ) -> None:
        self._alerts = alerts
        self._groups = groups
        self._numbers = numbers
        self._encode = encode
        self._keep = keep

    async def join(
        self, routed: Sequence[AlertRouted], integrations: Mapping[str, Integration]
    ) -> list[Told]:
        """Store and group a batch; return what is to be told, repeats included.

        Raises:
            Transient: other writers won the same groups again and again.
        """
        first = {one.alert.id: one for one in reversed(routed)}
        told = [self._repeat(one) for one in routed if first[one.alert.id] is not one]
        waiting = list(first.values())
        await self._alerts.insert_new([one.alert for one in waiting], clock.now() + self._keep)
        for _ in range(ATTEMPTS):
            done, waiting = await self._attempt(waiting, integrations)
            told += done
            if not waiting:
                return told
        raise Transient(f"{len(waiting)} alerts lost {ATTEMPTS} races for their groups")

    async def _attempt(
        self, waiting: Sequence[AlertRouted], integrations: Mapping[str, Integration]
    ) -> tuple[list[Told], list[AlertRouted]]:
        """Decide and write once; return what was written, and what lost a race."""
        now = clock.now()
        by_key: dict[str, list[AlertRouted]] = {}
        for one in waiting:
            by_key.setdefault(group_key(one.alert.integration_id, one.route_id, one.key), []).append(one)
        before = await self._groups.newest_of(list(by_key))
        # Only now: what another instance applied before that read is seen here, what it applies later is a lost race.
        told, applied = await self._again(waiting)
        chains: list[list[Change]] = []
        for key, ones in by_key.items():
            new = [one for one in ones if one.alert.id not in applied]
            if not new:
                continue
            integration = integrations.get(new[0].alert.integration_id)
            may_resolve = integration is None or integration.allow_source_based_resolving
            chains.append(fold(new, before.get(key), now, may_resolve))
        events = {one.alert.id: one for one in waiting}
        lost: list[str] = []
        for write in await self._saved(chains, now, lost):
            told.append(Told(events[write.alerts[0]].id, write.group.id, write.events, write.alerts))
        return told, [events[id] for id in lost]

    async def _saved(
        self, chains: Sequence[Sequence[Change]], now: datetime, lost: list[str]
    ) -> list[GroupWrite]:
        """Write the changes of each key, one after the other; return what was written.

        The first one of a key that loses a race is the last: its alerts and those after it are added to `lost`.
        """
        saved: list[GroupWrite] = []
        while chains:
            changes = await self._numbered([one[0] for one in chains])
            writes = [self._write(one, now) for one in changes]
            refused = await self._groups.save(writes)
            saved += [one for one in writes if one.group.id not in refused]
            going_on = []
            for chain, write in zip(chains, writes, strict=True):
                if write.group.id in refused:
                    lost += [id for change in chain for id in change.alerts]
                elif len(chain) > 1:
                    going_on.append(chain[1:])
            chains = going_on
        return saved

    async def _numbered(self, changes: Sequence[Change]) -> list[Change]:
        """Give new groups their running numbers."""
        new = [one for one in changes if one.group.number is None and one.group.seen]
        if not new:
            return list(changes)
        numbers = dict(zip((one.group.id for one in new), await self._numbers.take(len(new)), strict=True))
        return [numbered(one, numbers[one.group.id]) if one.group.id in numbers else one for one in changes]

    def _write(self, change: Change, now: datetime) -> GroupWrite:
        group = change.group
        return GroupWrite(
            group=group,
            base_version=change.base_version,
            events=[self._encode(one) for one in change.events],
            at=now,
            alerts=change.alerts,
            due_at=due_at_of(group),
            expires_at=None if group.is_open else now + self._keep,
        )

    async def _again(self, routed: Sequence[AlertRouted]) -> tuple[list[Told], set[str]]:
        """Look up which alerts were applied before; return what of them is still untold, and their ids.

        `pending` is looked at first: an alert leaves it only when its group is set.
        """
        event_of = {one.alert.id: one for one in routed}
        pending = await self._groups.taking_in(list(event_of))
        grouped = await self._alerts.group_of(list(event_of))
        applied = {id: group for id, group in grouped.items() if group is not None}
        applied |= {id: one["_id"] for one in pending for id in one["pending"] if id in event_of}
        if not applied:
            return [], set()
        told = [self._repeat(event_of[id]) for id in applied]
        for document in await self._groups.untold_of(list(set(applied.values()))):
            cause = next(id for id, group in applied.items() if group == document["_id"])
            events = untold.unpack(document)
            told.append(Told(event_of[cause].id, document["_id"], events, document.get("pending", [])))
        return told, set(applied)

    def _repeat(self, event: AlertRouted) -> Told:
        """Say that an alert came again and changed nothing."""
        decided = StageDecided.following(
            event,
            part="repeat",
            time=clock.now(),
            stage="grouper",
            alerts=(event.alert.id,),
            decision="repeated",
            reason="this alert is stored already",
        )
        return Told(event.id, "", [self._encode(decided)])
