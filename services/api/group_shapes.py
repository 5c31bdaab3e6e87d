"""What the public API shows of alert groups and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.api import Api
from services.api.held import held_shapes
from services.api.resources import labels
from shared import clock
from shared.domain.configuration import Integration
from shared.domain.configuration_draft import Tables
from shared.domain.labels import Label
from shared.domain.model import Actor, Alert, Group, Responder
from shared.store.alerts import Alerts
from shared.store.posts import Posts


def instant(at: datetime | None) -> str | None:
    """Return an instant as clients read it: UTC, microseconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at is not None else None


def alert_shape(alert: Alert, group_id: str) -> dict[str, Any]:
    """Return the public shape of an alert."""
    return {
        "id": alert.id,
        "alert_group_id": group_id,
        "created_at": instant(alert.received_at),
        "payload": alert.payload,
    }


async def group_shapes(api: Api, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Return the public shapes of groups; their last alerts and their posts are read in one request each."""
    alerts = await Alerts(api.database).get_many([one.last_alert_id for one in groups])
    tables = await api.configuration.tables()
    held = await held_shapes(api, groups, clock.now())
    keep = timedelta(days=api.settings.retention_days)
    seen_at = await Posts(api.database, keep).permalinks_of([one.id for one in groups])
    return [
        {
            **group_shape(one, alerts.get(one.last_alert_id), tables),
            "permalinks": _permalinks(api.settings.public_url, one, seen_at),
            "held": held.get(one.id),
        }
        for one in groups
    ]


def group_shape(group: Group, last_alert: Alert | None, tables: Tables) -> dict[str, Any]:
    """Return the public shape of one group, as far as it is known of the group itself."""
    integration = tables.of(Integration).get(group.integration_id)
    return {
        "id": group.id,
        "integration_id": group.integration_id,
        "team_id": integration.team_id if integration is not None else None,
        "route_id": group.route_id,
        "number": group.number,
        "alerts_count": group.alerts_count,
        "firing_instances": group.firing_instances,
        "known_instances": group.known_instances,
        "state": str(group.state),
        "created_at": instant(group.opened_at),
        "resolved_at": instant(group.resolved_at),
        "resolved_by": _user_id(group.resolved_by),
        "acknowledged_at": instant(group.acknowledged_at),
        "acknowledged_by": _user_id(group.acknowledged_by),
        "silenced_at": instant(group.silenced_at),
        "silenced_until": instant(group.silenced_until),
        "labels": labels.shown(Label(key=key, value=value) for key, value in sorted(group.labels.items())),
        "title": group.title,
        "is_demo": group.is_demo,
        "root_alert_group_id": group.root_id,
        "attached_alert_group_ids": list(group.attached),
        "responders": [_responder(one) for one in group.responders],
        "acknowledge_reminder": _reminder(group),
        "resolution_notes_count": group.notes_count,
        "wiped_at": instant(group.wiped_at),
        "last_alert": alert_shape(last_alert, group.id) if last_alert is not None else None,
    }


def _responder(one: Responder) -> dict[str, Any]:
    state = "active" if one.is_active else "acknowledged" if one.answered_at is not None else "removed"
    return {
        "user_id": one.user_id,
        "team_id": one.team_id,
        "important": one.important,
        "paged_at": instant(one.paged_at),
        "paged_by": _user_id(one.paged_by),
        "state": state,
    }


def _reminder(group: Group) -> dict[str, Any] | None:
    one = group.reminder
    if one is None or group.acknowledged_at is None:
        return None
    return {
        "asked_at": instant(one.asked_at),
        "confirm_by": instant(one.confirm_by),
        "next_at": instant(one.next_at),
    }


def _permalinks(
    public_url: str, group: Group, seen_at: Mapping[tuple[str, str], str]
) -> dict[str, str | None]:
    """Return where a group is seen; in a chat only what was posted to a place that has addresses."""
    web = f"{public_url.rstrip('/')}/alert-groups/{group.id}"
    slack, telegram = seen_at.get((group.id, "slack")), seen_at.get((group.id, "telegram"))
    return {"slack": slack, "slack_app": None, "telegram": telegram, "web": web}


def _user_id(actor: Actor | None) -> str | None:
    return actor.id if actor is not None and actor.kind == "user" else None
