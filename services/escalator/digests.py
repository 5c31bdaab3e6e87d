"""Digests whose time has come: look at what waits and still fires, decide, save, tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.escalator.deciding import Encode
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Escalation
from shared.domain.maintenance import held_by
from shared.domain.storm import Storm
from shared.domain.storm_digest import NAMED, Digest, Look, Untold, list_url, tell
from shared.live_configuration import LiveConfiguration
from shared.store.alert_groups import AlertGroups
from shared.store.digests import Digests, DigestWrite, read
from shared.store.escalations import Escalations
from shared.store.mongo import Document
from shared.store.storms import Storms
from shared.telling import Row, Telling


class Places(NamedTuple):
    """Where a digest finds what it tells."""

    digests: Digests
    escalations: Escalations
    groups: AlertGroups
    storms: Storms


class DueDigests:
    """Tells people of the groups that a storm kept from them."""

    def __init__(
        self, places: Places, telling: Telling, config: LiveConfiguration, encode: Encode, public_url: str
    ) -> None:
        self._places = places
        self._telling = telling
        self._config = config
        self._encode = encode
        self._public_url = public_url

    async def tell(self, documents: Sequence[Document]) -> None:
        """Tell what claimed digests have to tell; who lost a race is due again later."""
        claimed = [read(one) for one in documents]
        storms = await self._places.storms.stored(sorted({one.storm.integration_id for one in claimed}))
        for digest in claimed:
            now = clock.now()
            look = await self._look(digest, storms, now)
            after, events = tell(digest, look, now)
            write = DigestWrite(after, digest.version, [self._encode(one) for one in events], now)
            if not await self._places.digests.save([write]):
                await self._telling.tell([Row(after.id, write.events)])

    async def _look(self, digest: Digest, storms: Mapping[str, Storm], now: datetime) -> Look:
        config = self._config.current
        integration_id = digest.storm.integration_id
        storm = storms.get(integration_id)
        pages = await self._places.escalations.pages_of(digest.id)
        told = set(digest.told)
        waiting = [one for one in pages if one.page_id not in told]
        firing = await self._places.groups.firing_among([one.group_id for one in waiting])
        untold = [one for one in waiting if one.group_id in firing]
        allowed = await self._allowed(untold, integration_id, config, now)
        user = config.user_by_id.get(digest.user_id)
        integration = config.integration_by_id.get(integration_id)
        return Look(
            untold=allowed,
            named=await self._named(allowed[:NAMED]),
            known=frozenset(one.page_id for one in pages),
            some_wait=len(allowed) < len(untold),
            is_on=storm is not None and storm.id == digest.storm.id and storm.is_on(now),
            integration=integration.name if integration is not None else "a deleted integration",
            user=user.username if user is not None else digest.user_id,
            list_url=list_url(self._public_url, integration_id),
        )

    async def _allowed(
        self, pages: Sequence[Untold], integration_id: str, config: ConfigSnapshot, now: datetime
    ) -> list[Untold]:
        """Return the pages whose groups no maintenance window holds back now."""
        windows = config.windows_of(integration_id)
        if not windows or not pages:
            return list(pages)
        groups = await self._places.groups.get_many([one.group_id for one in pages])
        return [
            one
            for one in pages
            if (group := groups.get(one.group_id)) is not None and held_by(windows, group, now) is None
        ]

    async def _named(self, pages: Sequence[Untold]) -> list[Escalation]:
        ids = [f"{one.group_id}:{one.run}" for one in pages]
        found = await self._places.escalations.get_many(ids)
        return [found[one] for one in ids]
