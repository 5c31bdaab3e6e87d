"""Whether groups are held back now and by what: the first half of "why was nobody paged"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.api.api import Api
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import escalation_id
from shared.domain.maintenance import held_by
from shared.domain.model import Group
from shared.store.digests import Digests
from shared.store.escalations import Escalations
from shared.store.storms import Storms

Held = dict[str, Any]


async def held_shapes(api: Api, groups: Sequence[Group], now: datetime) -> dict[str, Held]:
    """Return what holds groups back at `now`, by group id; groups that nothing holds are left out.

    `by` is maintenance or debug (the same decision as the escalator's), or storm.
    """
    config = await api.configuration.load()
    firing = [one for one in groups if one.is_firing]
    found = {one.id: held for one in firing if (held := _by_window(one, config, now)) is not None}
    return found | await _by_storm(api, [one for one in firing if one.id not in found], now)


def _by_window(group: Group, config: ConfigSnapshot, now: datetime) -> Held | None:
    hold = held_by(config.windows_of(group.integration_id), group, now)
    if hold is None:
        return None
    return {
        "by": hold.kind,
        "since": _instant(hold.since),
        "until": _instant(hold.until),
        "reason": hold.sentence,
        "window_id": hold.window_id,
        "comment": hold.comment,
        "author": hold.author,
    }


async def _by_storm(api: Api, groups: Sequence[Group], now: datetime) -> dict[str, Held]:
    """Return the groups with a page that waits for a digest."""
    if not groups:
        return {}
    pages = await Escalations(api.database).held_pages_of([escalation_id(one) for one in groups])
    if not pages:
        return {}
    told = await Digests(api.database).told_among([one for held in pages.values() for one in held])
    storms = await Storms(api.database).stored(sorted({one.integration_id for one in groups}))
    found = {}
    for group in groups:
        waits = any(page_id not in told for _, page_id in pages.get(escalation_id(group), ()))
        storm = storms.get(group.integration_id)
        if waits and storm is not None:
            found[group.id] = {
                "by": "storm",
                "since": _instant(storm.since),
                "until": _instant(storm.until),
                "reason": f"a page waits for a digest: {storm.sentence}",
                "window_id": None,
                "comment": "",
                "author": "",
            }
    return found


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
