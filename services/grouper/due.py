"""Silences whose time is up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.grouper.joining import Encode
from shared import clock
from shared.domain.model import Group
from shared.domain.states import due_at_of, expire_silence
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.mongo import Document
from shared.telling import Row, Telling


class Silences:
    """Ends silences that are due."""

    def __init__(self, groups: AlertGroups, telling: Telling, encode: Encode, keep: timedelta) -> None:
        self._groups = groups
        self._telling = telling
        self._encode = encode
        self._keep = keep

    async def expire(self, documents: Sequence[Document]) -> None:
        """Unsilence the groups in claimed documents; who lost a race is due again when its lease ends."""
        now = clock.now()
        writes: list[GroupWrite] = []
        for document in documents:
            group = Group.model_validate_json(document["body"])
            after, events = expire_silence(group, now)
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
