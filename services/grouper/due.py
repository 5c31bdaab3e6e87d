"""Groups whose time has come: silences, reminders, instances that were not sent again, payloads to be erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.grouper.actions import expires_at
from services.grouper.erasing import Erasing
from services.grouper.joining import Encode
from services.grouper.lag import Lag
from shared import clock
from shared.domain.action import Circumstances
from shared.domain.expiring import Installation, circumstances, expire
from shared.domain.model import Group
from shared.domain.states import due_at_of
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
    """What decides what is due: whether the silence of a source means anything, and what is configured."""

    def __init__(
        self, beats: ReceiverBeats, lag: Lag, config: LiveConfiguration, installation: Installation
    ) -> None:
        self._beats = beats
        self._lag = lag
        self._config = config
        self._installation = installation

    async def watched(self, now: datetime) -> Watch | None:
        """Return what was listened to without a break; None while that is not certain, or alerts are late."""
        return None if self._lag.is_behind(now) else watch(await self._beats.all(), now)

    def may_resolve(self, integration_id: str) -> bool:
        """Whether an integration lets its source resolve."""
        integration = self._config.current.integration_by_id.get(integration_id)
        return integration is None or integration.allow_source_based_resolving

    def settled(self, integration_id: str) -> Circumstances:
        """Return the settings that count for groups of an integration now."""
        return circumstances(self._config.current, integration_id, self._installation)


@dataclass(frozen=True)
class Writing:
    """How groups are written: what an event looks like stored, and how long what is over is kept."""

    encode: Encode
    keep: timedelta


class DueGroups:
    """Does what is due in groups."""

    def __init__(
        self,
        groups: AlertGroups,
        telling: Telling,
        listening: Listening,
        erasing: Erasing,
        writing: Writing,
    ) -> None:
        self._groups = groups
        self._telling = telling
        self._listening = listening
        self._erasing = erasing
        self._writing = writing

    async def expire(self, documents: Sequence[Document]) -> None:
        """Decide claimed documents and write them; who lost a race is due again when its lease ends."""
        now = clock.now()
        watched = await self._listening.watched(now)
        writes: list[GroupWrite] = []
        for document in documents:
            group = group_of(document)
            after, events = self._expired(group, now, watched)
            if group.erasing and await self._erasing.is_done(group, document.get("pending", [])):
                after = after.model_copy(update={"erasing": ""})
            # Nothing to do: written all the same, so that a due time that outlived its reason is taken away.
            after = after.model_copy(update={"version": max(after.version, group.version + 1)})
            writes.append(self._write(group, after, events, now))
        lost = await self._groups.save(writes)
        won = [one for one in writes if one.group.id not in lost]
        await self._telling.tell([Row(one.group.id, one.events) for one in won])

    def _expired(self, group: Group, now: datetime, watched: Watch | None) -> tuple[Group, list[Event]]:
        allowed = self._listening.may_resolve(group.integration_id)
        reminders = self._listening.settled(group.integration_id).reminders
        return expire(group, now, watched, allowed, reminders)

    def _write(self, group: Group, after: Group, events: Sequence[Event], now: datetime) -> GroupWrite:
        due_at = due_at_of(after)
        if due_at is not None and due_at <= now:
            due_at = now + LOOK_AGAIN
        encoded = [self._writing.encode(one) for one in events]
        kept = expires_at(after, now, self._writing.keep)
        return GroupWrite(after, group.version, encoded, now, due_at=due_at, expires_at=kept)
