"""Problems of people as they stand in the configuration: who could not be reached, and why."""

from __future__ import annotations

from typing import Any

from services.api.api import Api
from services.api.resources.rules import CHANNELS
from services.api.ways import set_up
from shared.channels.slack_directory import MEMBERS
from shared.domain.configuration import ConfigSnapshot
from shared.domain.on_call_groups import where
from shared.domain.personal import CHANNEL_PREFIX
from shared.domain.reachability import Concern, unreachable
from shared.store.slack_directory import SlackDirectory
from shared.store.user_group_syncs import UserGroupSyncs

KEPT = "people problems"
NAMES = tuple(one.removeprefix(CHANNEL_PREFIX) for one in CHANNELS)


async def people_problems(api: Api) -> list[dict[str, Any]]:
    """Return them as problems are shown, errors first; what is mended is gone with the next version.

    They are worked out once per version of the configuration.
    """
    config = await api.configuration.load()
    if KEPT not in config.prepared:
        config.prepared[KEPT] = unreachable(config, set_up(api.settings, NAMES))
    found: Any = config.prepared[KEPT]
    groups = await _of_user_groups(api, config)
    return [_shape(one) for one in (*found, *await _of_slack(api), *groups)]


async def _of_slack(api: Api) -> list[Concern]:
    """Return which of Slack's lists could not be read when they were asked for last."""
    readings = await SlackDirectory(api.database).readings()
    return [
        Concern(
            severity="warning",
            table=one.id,
            object_id="",
            where=_named(one.id),
            message=f"{one.error}; what was read last counts",
        )
        for one in readings
        if one.error is not None
    ]


async def _of_user_groups(api: Api, config: ConfigSnapshot) -> list[Concern]:
    """Return what keeps user groups from having just the people who are on call."""
    return [
        Concern(
            severity="warning",
            table="user_groups",
            object_id=group_id,
            where=where(config, group_id),
            message=message,
        )
        for group_id, message in await UserGroupSyncs(api.database).problems()
    ]


def _named(part: str) -> str:
    channel_id = part.removeprefix(MEMBERS)
    return f"Slack's {part}" if channel_id == part else f"Slack's members of channel {channel_id}"


def _shape(concern: Concern) -> dict[str, Any]:
    return {
        "integration_id": None,
        "integration_name": None,
        "schedule_id": None,
        "schedule_name": None,
        "where": concern.where,
        "message": concern.message,
        "severity": concern.severity,
        "object": f"{concern.table}/{concern.object_id}",
        "line": None,
        "count": 1,
        "alert_id": None,
        "first_seen_at": None,
        "last_seen_at": None,
        "cleared_at": None,
        "state": "open",
        "cleared_because": None,
    }
