"""Silences whose time is up, and instances that were not sent again before their end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.grouper.joining import Encode
from services.grouper.lag import Lag
from shared import clock
from shared.domain.instances import expire_instances
from shared.domain.model import Group
from shared.domain.states import due_at_of, expire_silence
from shared.domain.watching import Watch, watch
from shared.events import Event
from shared.live_configuration import LiveConfiguration
from shared.store.alert_groups import AlertGroups, GroupWrite, group_of
from shared.store.mongo import Document
from shared.store.receiver_beats import ReceiverBeats
from shared.telling import Row, Telling

# An instance whose end has come, while nobody can say for certain that it was not sent again.
LOOK_AGAIN = timedelta(seconds=2)


class Listening:
    """What decides whether the silence of a source means anything."""

    def __init__(self, beats: ReceiverBeats, lag: Lag, config: LiveConfiguration) -> None:
        self._beats = beats
        self._lag = lag
        self._config = config

    async def watched(self, now: datetime) -> Watch | None:
        """Return what was listened to without a break; None while that is not certain, or alerts are late."""
        return None if self._lag.is_behind(now) else watch(await self._beats.all(), now)

    def may_resolve(self, integration_id: str) -> bool:
        """Whether an integration lets its source resolve."""
        integration = self._config.current.integration_by_id.get(integration_id)
        return integration is None or integration.allow_source_based_resolving


class DueGroups:
    """Ends what is due in groups."""

    def __init__(
        self,
        groups: AlertGroups,
        telling: Telling,
        listening: Listening,
        encode: Encode,
        keep: timedelta,
    ) -> None:
        self._groups = groups
        self._telling = telling
        self._listening = listening
        self._encode = encode
        self._keep = keep

    async def expire(self, documents: Sequence[Document]) -> None:
        """Decide claimed documents and write them; who lost a race is due again when its lease ends."""
        now = clock.now()
        watched = await self._listening.watched(now)
        writes: list[GroupWrite] = []
        for document in documents:
            group = group_of(document)
            after, events = self._expired(group, now, watched)
            encoded = [self._encode(one) for one in events]
            # Nothing to expire: written all the same, so that a due time that outlived its reason is taken away.
            after = after if events else group.model_copy(update={"version": group.version + 1})
            kept = None if after.is_open else now + self._keep
            due_at = due_at_of(after)
            if due_at is not None and due_at <= now:
                due_at = now + LOOK_AGAIN
            writes.append(GroupWrite(after, group.version, encoded, now, due_at=due_at, expires_at=kept))
        lost = await self._groups.save(writes)
        won = [one for one in writes if one.group.id not in lost]
        await self._telling.tell([Row(one.group.id, one.events) for one in won])

    def _expired(self, group: Group, now: datetime, watched: Watch | None) -> tuple[Group, list[Event]]:
        """Instances first: a group that is over has no silence to end."""
        allowed = self._listening.may_resolve(group.integration_id)
        after, events = expire_instances(group, now, watched, allowed)
        after, more = expire_silence(after, now)
        return after, [*events, *more]
