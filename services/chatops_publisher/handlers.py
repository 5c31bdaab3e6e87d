"""Takes what chat channels shall show into the ledger; only newer versions overwrite what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared import clock
from shared.claiming import Lane
from shared.domain.posting import Pace, Post, erased, post_id, wanted
from shared.events import Event, GroupDeleted, GroupWiped, PostRequested, StageDecided
from shared.stage import Done, Handled
from shared.store.posts import Leased, Posts


class Intake:
    """Writes one row per group and channel, and wakes the lane that talks to the chat products."""

    def __init__(self, posts: Posts, defaults: Mapping[str, str], pace: Pace, lane: Lane[Leased]) -> None:
        self._posts = posts
        self._defaults = defaults
        self._pace = pace
        self._lane = lane

    async def handle(self, events: Sequence[Event]) -> Handled:
        """Store what was asked for; a version that is shown already, or waits for the next edit, is said to be so."""
        requests = [one for one in events if isinstance(one, PostRequested)]
        requests += await self._wiped(events)
        decided: dict[str, StageDecided | None] = {}
        while not await self._take_in(requests, decided):
            # Another instance or the sender wrote one of these rows meanwhile: decide from what is there now.
            continue
        self._lane.wake()
        told = [decided.get(one.id) for one in events]
        return Handled([Done((one,)) if one is not None else Done() for one in told])

    async def _wiped(self, events: Sequence[Event]) -> list[PostRequested]:
        """Return what messages of wiped groups shall say, also where their routes post nothing any more."""
        wiped = {one.group.id: one for one in events if isinstance(one, GroupWiped | GroupDeleted)}
        if not wiped:
            return []
        rows = await self._posts.of_groups(list(wiped))
        return [erased(wiped[row.group_id], row) for row in rows]

    async def _take_in(
        self, requests: Sequence[PostRequested], decided: dict[str, StageDecided | None]
    ) -> bool:
        now = clock.now()
        ids = {one.id: self._row_id(one) for one in requests}
        before = await self._posts.get_many(list(set(ids.values())))
        after: dict[str, Post] = {}
        for request in requests:
            id = ids[request.id]
            newer = wanted(after.get(id) or before.get(id), request, self._channel(request), now, self._pace)
            decided.setdefault(request.id, _told(request, newer))
            if newer is not None:
                after[id] = newer
        return not after or await self._posts.want([(before.get(id), one) for id, one in after.items()], now)

    def _channel(self, request: PostRequested) -> str:
        return request.channel or self._defaults.get(request.medium, "")

    def _row_id(self, request: PostRequested) -> str:
        return post_id(request.group.id, request.medium, self._channel(request))


def _told(request: PostRequested, newer: Post | None) -> StageDecided | None:
    """Say what became of a request that is not sent at once."""
    now = clock.now()
    if newer is None:
        return _decided(request, "repeat", "this version or a newer one was asked for already")
    if newer.due_at is not None and newer.due_at > now:
        wait_s = (newer.due_at - now).total_seconds()
        return _decided(request, "coalesced", f"shown with the next edit, in {wait_s:.0f} s")
    return None


def _decided(request: PostRequested, decision: str, reason: str) -> StageDecided:
    return StageDecided.following(
        request,
        part="chatops_publisher",
        time=clock.now(),
        stage="chatops_publisher",
        decision=decision,
        reason=reason,
        group_id=request.group.id,
    )
