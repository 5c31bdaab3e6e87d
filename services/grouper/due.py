"""Silences whose time is up, and instances that were not sent again before their end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.grouper.joining import Encode
from shared import clock
from shared.domain.instances import expire_instances
from shared.domain.model import Group
from shared.domain.states import due_at_of, expire_silence
from shared.events import Event
from shared.live_configuration import LiveConfiguration
from shared.store.alert_groups import AlertGroups, GroupWrite, group_of
from shared.store.mongo import Document
from shared.telling import Row, Telling


class DueGroups:
    """Ends what is due in groups."""

    def __init__(
        self,
        groups: AlertGroups,
        telling: Telling,
        config: LiveConfiguration,
        encode: Encode,
        keep: timedelta,
    ) -> None:
        self._groups = groups
        self._telling = telling
        self._config = config
        self._encode = encode
        self._keep = keep

    async def expire(self, documents: Sequence[Document]) -> None:
        """Decide claimed documents and write them; who lost a race is due again when its lease ends."""
        now = clock.now()
        writes: list[GroupWrite] = []
        for document in documents:
            group = group_of(document)
            after, events = self._expired(group, now)
            encoded = [self._encode(one) for one in events]
            # Nothing to expire: written all the same, so that a due time that outlived its reason is taken away.
            after = after if events else group.model_copy(update={"version": group.version + 1})
            kept = None if after.is_open else now + self._keep
            writes.append(
                GroupWrite(after, group.version, encoded, now, due_at=due_at_of(after), expires_at=kept)
            )
        lost = await self._groups.save(writes)
        won = [one for one in writes if one.group.id not in lost]
        await self._telling.tell([Row(one.group.id, one.events) for one in won])

    def _expired(self, group: Group, now: datetime) -> tuple[Group, list[Event]]:
        """Instances first: a group that is over has no silence to end."""
        integration = self._config.current.integration_by_id.get(group.integration_id)
        allowed = integration is None or integration.allow_source_based_resolving
        after, events = expire_instances(group, now, allowed)
        after, more = expire_silence(after, now)
        return after, [*events, *more]
