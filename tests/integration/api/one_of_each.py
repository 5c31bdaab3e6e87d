"""One object of every kind that the public API shows, so that lists have something to list and ids to name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.local.servers import Servers
from services.recorder.handlers import as_kept
from shared import clock
from shared.bus import wire
from shared.domain import delivery
from shared.domain.model import SYSTEM, Actor, Alert, Note
from shared.domain.people import SlackChannel, UserGroup
from shared.domain.webhook_record import RunRecord
from shared.events import WebhookRequested
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.alerts import Alerts
from shared.store.configuration import ConfigurationStore
from shared.store.deliveries import Deliveries
from shared.store.journal import Journal, Page
from tests.integration.api.api_running import RunningApi, an_api, drop
from tests.support import servers as shared_servers
from tests.support.build import a_group, an_alert, routed

GROUP_ID, OTHER_GROUP_ID, NOTE_ID = "IONE", "IOTHER", "MONE"
KEEP = timedelta(days=1)


@asynccontextmanager
async def an_api_of_its_own(servers: Servers, folder: Path, **more: Any) -> AsyncIterator[RunningApi]:
    """Run an api without a broker on a database of its own, for a whole module."""
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    async with an_api(mongo_url, folder, **more) as running:
        yield running
    await drop(mongo_url)


def in_hours(hours: int) -> str:
    return (clock.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def one_of_each(api: RunningApi) -> dict[str, str]:
    """Make one of each kind; return their ids by the first word of their path."""
    ids = await _people(api)
    ids |= await _ways(api, ids)
    ids |= await _schedules(api, ids)
    ids |= await _directory(api)
    group = await _group(api, ids)
    run = await _run(api, ids["webhooks"], group)
    return {**ids, "alert_groups": GROUP_ID, "resolution_notes": NOTE_ID, "runs": run, "deliveries": run}


async def _people(api: RunningApi) -> dict[str, str]:
    slack = {"user_id": "U012", "team_id": "T012"}
    alice = await api.post(
        "users/",
        username="alice",
        email="alice@example.org",
        role="admin",
        slack=slack,
        timezone="Europe/Berlin",
    )
    bob = await api.post("users/", username="bob", email="bob@example.org", role="editor")
    team = await api.post("teams/", name="Databases", email="db@example.org", members=[alice["id"]])
    rule = await api.post("personal_notification_rules/", user_id=alice["id"], type="notify_by_email")
    return {
        "users": alice["id"],
        "others": bob["id"],
        "teams": team["id"],
        "personal_notification_rules": rule["id"],
    }


async def _ways(api: RunningApi, ids: dict[str, str]) -> dict[str, str]:
    team = ids["teams"]
    chain = await api.post("escalation_chains/", name="ops", team_id=team)
    step = await api.post("escalation_policies/", escalation_chain_id=chain["id"], type="wait", duration=300)
    integration = await api.post("integrations/", type="webhook", name="prod", team_id=team)
    route = await api.post(
        "routes/",
        integration_id=integration["id"],
        escalation_chain_id=chain["id"],
        routing_regex="{{ payload.severity == 'critical' }}",
    )
    webhook = await api.post(
        "webhooks/", name="ticket", url="https://x.example/", trigger_type="escalation", team=team
    )
    subscription = await api.post(
        "event_subscriptions/", name="bot", url="https://x.example/", team_id=team, is_enabled=False
    )
    window = await api.post("maintenance_windows/", name="upgrade", starts_at=in_hours(100), duration=3600)
    return {
        "escalation_chains": chain["id"],
        "escalation_policies": step["id"],
        "integrations": integration["id"],
        "routes": route["id"],
        "webhooks": webhook["id"],
        "actions": webhook["id"],
        "event_subscriptions": subscription["id"],
        "maintenance_windows": window["id"],
    }


async def _schedules(api: RunningApi, ids: dict[str, str]) -> dict[str, str]:
    shift = await api.post(
        "on_call_shifts/",
        name="daily",
        type="recurrent_event",
        start="2026-01-05T09:00:00",
        duration=86_400,
        frequency="daily",
        users=[ids["users"]],
    )
    schedule = await api.post(
        "schedules/", name="primary", type="web", team_id=ids["teams"], shifts=[shift["id"]]
    )
    swap = await api.post(
        "shift_swaps/",
        schedule=schedule["id"],
        beneficiary=ids["users"],
        swap_start=in_hours(24),
        swap_end=in_hours(48),
    )
    return {"on_call_shifts": shift["id"], "schedules": schedule["id"], "shift_swaps": swap["id"]}


async def _directory(api: RunningApi) -> dict[str, str]:
    def put(draft: Any) -> None:
        draft.put(UserGroup(id="S012", name="Databases", handle="dba"))
        draft.put(SlackChannel(id="C012", name="alerts"))

    await ConfigurationStore(api.store).change(put, SYSTEM, clock.now())
    return {"user_groups": "S012", "slack_channels": "C012"}


async def _group(api: RunningApi, ids: dict[str, str]) -> Any:
    """Store two groups, a note, an alert and its record as grouper and recorder would."""
    now = clock.now()
    alert = an_alert("one", at=now, payload={"text": "a needle in hay"})
    alert = alert.model_copy(update={"integration_id": ids["integrations"]})
    ids["alerts"] = alert.id
    note = Note(id=NOTE_ID, text="restarted", author=Actor(kind="user", id=ids["users"]), created_at=now)
    group = a_group(
        id=GROUP_ID,
        integration_id=ids["integrations"],
        route_id=ids["routes"],
        labels={"service": "db", "env": "prod"},
        notes=(note,),
        **_times(alert, now),
    )
    other = a_group(
        id=OTHER_GROUP_ID,
        integration_id="COTHER",
        key="other",
        number=2,
        resolved_at=now,
        **_times(alert, now),
    )
    writes = [GroupWrite(one, None, [], now) for one in (group, other)]
    await AlertGroups(api.store).save(writes)
    await Alerts(api.store).insert_new([alert], now + KEEP)
    await Alerts(api.store).set_groups({alert.id: GROUP_ID})
    told = wire.encode(routed(alert=alert, at=now), wire.Provenance("router", "test"))
    entries = [as_kept(one) for one in wire.envelopes(wire.join([told]))]
    await Journal(api.store).add([Page(entries, [alert.id], [GROUP_ID], now, now + KEEP)])
    return group


def _times(alert: Alert, now: datetime) -> dict[str, Any]:
    named = ("first_alert_id", "last_alert_id", "last_fired_id")
    return {
        **dict.fromkeys(named, alert.id),
        **dict.fromkeys(("opened_at", "last_alert_at", "last_fired_at"), now),
    }


async def _run(api: RunningApi, webhook_id: str, group: Any) -> str:
    """Store the run of a webhook that was not called, as the notifier would."""
    event = WebhookRequested(
        id="run-one", time=clock.now(), group=group, webhook_id=webhook_id, trigger="alert group created"
    )
    row = delivery.requested(event, "webhook", clock.now())
    record = RunRecord(
        trigger="False", headers={}, data="{}", event={"event": {"type": "alert group created"}}
    )
    row, _ = delivery.cancelled(row.model_copy(update={"record": record}), "its condition", clock.now())
    await Deliveries(api.store, KEEP).add([(row, [])], clock.now())
    return row.id
