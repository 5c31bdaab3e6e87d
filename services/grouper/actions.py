"""User actions (and the escalator's resolve step) applied to groups, in the order in which they are handled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.grouper.joining import ATTEMPTS, Encode
from shared import clock
from shared.domain.action import Circumstances
from shared.domain.attaching import asked
from shared.domain.model import Group
from shared.domain.states import act, due_at_of, refused
from shared.errors import Transient
from shared.events import ActionApplied, ActionRefused, ActionRequested, Event
from shared.store import untold
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.told import Told

Answer = ActionApplied | ActionRefused
MAY_REOPEN = frozenset({"unresolve", "restart", "follow"})
# So long a deleted group stays as the answer to what comes late.
DELETED_KEPT = timedelta(days=1)


class Actions:
    """Applies requested actions; a repeated request gets its first answer."""

    def __init__(
        self,
        groups: AlertGroups,
        encode: Encode,
        keep: timedelta,
        settled: Callable[[str], Circumstances],
    ) -> None:
        self._groups = groups
        self._encode = encode
        self._keep = keep
        self._settled = settled

    async def apply(self, requests: Sequence[ActionRequested]) -> tuple[list[Told], list[Answer]]:
        """Apply a batch; return what is to be told, and the answers for whoever waits for one.

        Raises:
            Transient: other writers won the same groups again and again.
        """
        told: list[Told] = []
        answers: list[Answer] = []
        waiting = list(requests)
        for _ in range(ATTEMPTS):
            if not waiting:
                return told, answers
            done, answered, waiting = await self._attempt(waiting)
            told += done
            answers += answered
        if waiting:
            raise Transient(f"{len(waiting)} actions lost {ATTEMPTS} races for their groups")
        return told, answers

    async def _attempt(
        self, requests: Sequence[ActionRequested]
    ) -> tuple[list[Told], list[Answer], list[ActionRequested]]:
        now = clock.now()
        by_group: dict[str, list[ActionRequested]] = {}
        for one in requests:
            by_group.setdefault(one.group_id, []).append(one)
        groups = await self._groups.get_many(list(by_group))
        told, answers = self._unknown([one for one in requests if one.group_id not in groups], now)
        told += await self._untold(groups, by_group)
        writes: dict[str, GroupWrite] = {}
        decided: dict[str, list[Event]] = {}
        for group_id, group in groups.items():
            after, events = await self._decide(group, by_group[group_id], now)
            decided[group_id] = events
            if after is not group:
                writes[group_id] = self._write(group, after, events, now)
        lost = await self._groups.save(list(writes.values()))
        again: list[ActionRequested] = []
        for group_id, events in decided.items():
            if group_id in lost:
                again += by_group[group_id]
                continue
            encoded = writes[group_id].events if group_id in writes else [self._encode(one) for one in events]
            told.append(Told(by_group[group_id][0].id, group_id, encoded))
            answers += [one for one in events if isinstance(one, ActionApplied | ActionRefused)]
        return told, answers, again

    async def _decide(
        self, group: Group, requests: Sequence[ActionRequested], now: datetime
    ) -> tuple[Group, list[Event]]:
        """Fold the requests for one group into one change."""
        after, events = group, []
        for one in requests:
            before = after
            after, facts = act(one, before, now, await self._around(one, before))
            events += facts
            if before.resolved_at is not None and after.is_open:
                after = await self._foremost(after)
        return after, events

    async def _around(self, request: ActionRequested, group: Group) -> Circumstances:
        """Return what counts besides the group: settings, and other groups where the action looks at them."""
        around = self._settled(group.integration_id)
        newer, root = None, None
        if request.action in MAY_REOPEN and group.resolved_at is not None:
            newer = await self._groups.newer_open(group)
        if request.action == "attach" and request.root_id:
            root = await self._groups.get(request.root_id)
        return replace(around, newer_open=newer, root=root)

    async def _foremost(self, group: Group) -> Group:
        """Return a reopened group as the last of its key again: from now on it is the one that knows.

        Although it may be the last one: whoever found it closed would put its successor beside it.
        """
        last = await self._groups.last_generation(group)
        return group.model_copy(update={"generation": last + 1})

    async def _untold(
        self, groups: Mapping[str, Group], by_group: Mapping[str, Sequence[ActionRequested]]
    ) -> list[Told]:
        """Return what is still untold of groups that know one of these requests: whoever applied it died."""
        repeated = [
            id
            for id, group in groups.items()
            if {one.id for one in by_group[id]}.intersection(one.id for one in group.actions)
        ]
        if not repeated:
            return []
        return [
            Told(by_group[one["_id"]][0].id, one["_id"], untold.unpack(one), one.get("pending", []))
            for one in await self._groups.untold_of(repeated)
        ]

    def _write(self, group: Group, after: Group, events: Sequence[Event], now: datetime) -> GroupWrite:
        return GroupWrite(
            group=after,
            base_version=group.version,
            events=[self._encode(one) for one in events],
            at=now,
            due_at=due_at_of(after),
            expires_at=expires_at(after, now, self._keep),
        )

    def _unknown(self, requests: Sequence[ActionRequested], now: datetime) -> tuple[list[Told], list[Answer]]:
        answers: list[Answer] = [refused(one, now, "there is no such alert group") for one in requests]
        told = [
            Told(one.id, "", [self._encode(event) for event in (*_orphaned(one, now), answer)])
            for one, answer in zip(requests, answers, strict=True)
        ]
        return told, answers


def expires_at(group: Group, now: datetime, keep: timedelta) -> datetime | None:
    """Return when a group's document goes: never while it is open."""
    if group.deleted_at is not None:
        return now + min(keep, DELETED_KEPT)
    return None if group.is_open else now + keep


def _orphaned(request: ActionRequested, now: datetime) -> list[Event]:
    """Let go a group that was attached to one that is gone."""
    if request.action != "adopt" or request.member_id is None:
        return []
    fields = {"group_id": request.member_id, "action": "release", "root_id": request.group_id}
    return [asked(request, fields, now, request.actor)]
