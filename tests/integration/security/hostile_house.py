"""One of everything that pages show, with hostile text wherever a user or a foreign system can write.

What the API takes is written through it; what other services would have written is stored as they do.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson

from services.recorder.handlers import as_kept
from shared import clock
from shared.bus import wire
from shared.bus.publisher import make_message
from shared.domain import delivery
from shared.domain.configuration import StepConfig
from shared.domain.escalation import Escalation
from shared.domain.external_events import fetched_calendar
from shared.domain.ledger import DeliveryState
from shared.domain.markup import html_of
from shared.domain.model import SYSTEM, Actor, Alert, Card, Group, Note, Problem
from shared.domain.people import SlackChannel, UserGroup
from shared.domain.webhook_record import RunRecord
from shared.events import ActionRefused, GroupRendered, WebhookRequested
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.alerts import Alerts
from shared.store.configuration import ConfigurationStore
from shared.store.configuration_audit import ConfigurationAudit
from shared.store.deliveries import Deliveries
from shared.store.escalations import Escalations, EscalationWrite
from shared.store.journal import Journal, Page
from shared.store.problems import Problems
from tests.integration.api.api_running import RunningApi
from tests.support.build import a_group, an_alert, routed

# What would run if it ever became markup: a test looks for the mark in what is run, and in what is shown as text.
MARK = "window.__xss"
SHORT = f"'\"><img src=evil onerror={MARK}=1>"
EVIL = (
    f"'\"></title></textarea></script></style></svg>--><script>{MARK}=1</script><svg onload={MARK}=1>"
    f'<a href="javascript:{MARK}=1" class=evil>x</a><img src=evil onerror={MARK}=1>'
    f'<div id=evil hx-get="/evil" hx-trigger=load hx-on:load="{MARK}=1" onfocus={MARK}=1 autofocus tabindex=1>'
    f"<form action=//evil.example><input formaction=javascript:{MARK}=1></form><base href=//evil.example>"
    f"<meta http-equiv=refresh content='0;url=//evil.example'>{{{{7*7}}}}${{7*7}}"
)
MARKDOWN = f"[x](javascript:{MARK}=1) ![x](javascript:{MARK}=1) <javascript:{MARK}=1> {EVIL}"
LINK = f"javascript:{MARK}=1//https://fine.example"
KEEP = timedelta(days=1)
GROUP_ID, OTHER_ID, LETTER_ID = "IEVILGROUP", "IEVILOTHER", "5d1c7a52-0a4c-4c43-9a57-000000000001"
WHO = Actor(kind="user", name=EVIL)


def hours(count: int) -> str:
    return (clock.now() + timedelta(hours=count)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def hostile_house(api: RunningApi) -> dict[str, str]:
    """Fill the database; return the ids by kind, for `address_of`."""
    ids = await _people(api)
    ids |= await _ways(api, ids)
    ids |= await _schedules(api, ids)
    now = clock.now()
    alerts = [_alert(ids, number, now) for number in (1, 2)]
    group = _group(ids, alerts, now)
    await AlertGroups(api.store).save([GroupWrite(one, None, [], now) for one in (group, _other(ids, now))])
    await Alerts(api.store).insert_new(alerts, now + KEEP)
    await Alerts(api.store).set_groups({one.id: GROUP_ID for one in alerts})
    await _journal(api, group, alerts, now)
    await _escalation(api, group, ids, now)
    await _deliveries(api, group, ids, now)
    await _problems(api, ids, now)
    await _letter(api)
    change = ({EVIL: EVIL, "name": EVIL}, {EVIL: f"{EVIL} after", "name": SHORT})
    await ConfigurationAudit(api.store).record("teams", f"T{SHORT}", change, WHO, now)
    return {**ids, "alert_groups": GROUP_ID, "alerts": alerts[0].id, "letters": LETTER_ID}


async def _people(api: RunningApi) -> dict[str, str]:
    slack = {"user_id": SHORT, "team_id": SHORT}
    user = await api.post("users/", username=f"{SHORT}a", name=EVIL[:150], role="admin", slack=slack)
    other = await api.post("users/", username=f"{SHORT}b", role="viewer")
    team = await api.post("teams/", name=SHORT, members=[user["id"], other["id"]])
    rule = await api.post("personal_notification_rules/", user_id=user["id"], type="wait", duration=60)
    await api.new_token(user_id=user["id"])

    def put(draft: Any) -> None:
        draft.put(UserGroup(id="SEVIL", name=SHORT, handle=SHORT))
        draft.put(SlackChannel(id="CEVIL", name=SHORT))

    await ConfigurationStore(api.store).change(put, SYSTEM, clock.now())
    return {
        "users": user["id"],
        "others": other["id"],
        "teams": team["id"],
        "personal_notification_rules": rule["id"],
    }


async def _ways(api: RunningApi, ids: dict[str, str]) -> dict[str, str]:
    team, texts = ids["teams"], {"title": EVIL, "message": MARKDOWN}
    webhook = await api.post(
        "webhooks/",
        name=SHORT,
        url=f"https://x.example/{EVIL}",
        trigger_type="escalation",
        headers=orjson.dumps({"X-Evil": EVIL}).decode(),
        data=EVIL,
        team=team,
    )
    chain = await api.post("escalation_chains/", name=SHORT, team_id=team)
    step = await api.post(
        "escalation_policies/",
        escalation_chain_id=chain["id"],
        type="notify_persons",
        persons_to_notify=[ids["users"]],
    )
    await api.post(
        "escalation_policies/",
        escalation_chain_id=chain["id"],
        type="trigger_webhook",
        action_to_trigger=webhook["id"],
    )
    integration = await api.post(
        "integrations/",
        type="webhook",
        name=SHORT,
        description_short=EVIL[:250],
        team_id=team,
        labels=[{"key": SHORT, "value": SHORT}],
        dynamic_labels=[{"key": SHORT, "value": EVIL}],
        heartbeat={"templates": {"expired": texts, "restored": texts}},
        templates={"web": texts, "slack": texts, "source_link": LINK},
    )
    route = await api.post(
        "routes/",
        integration_id=integration["id"],
        escalation_chain_id=chain["id"],
        routing_regex=EVIL,
    )
    subscription = await api.post(
        "event_subscriptions/",
        name=SHORT,
        url=f"https://x.example/?{quote(EVIL)}",
        team_id=team,
        is_enabled=False,
    )
    await api.post("maintenance_windows/", name=SHORT, comment=EVIL, starts_at=hours(-1), duration=7200)
    return {
        "webhooks": webhook["id"],
        "escalation_chains": chain["id"],
        "escalation_policies": step["id"],
        "event_subscriptions": subscription["id"],
        "integrations": integration["id"],
        "routes": route["id"],
    }


async def _schedules(api: RunningApi, ids: dict[str, str]) -> dict[str, str]:
    schedule = await api.post("schedules/", name=SHORT, type="web", team_id=ids["teams"])
    one, user = schedule["id"], ids["users"]
    shift = await api.post(
        "on_call_shifts/",
        name=SHORT,
        type="rolling_users",
        start="2026-01-05T09:00:00",
        duration=86_400,
        frequency="daily",
        rolling_users=[[user]],
        start_rotation_from_user_index=0,
        schedule=one,
    )
    await api.put(f"schedules/{one}", shifts=[shift["id"]])
    override = await api.post(
        f"schedules/{one}/overrides", users=[user], start=hours(1), end=hours(3), name=SHORT
    )
    swap = await api.post(
        "shift_swaps/",
        schedule=one,
        beneficiary=user,
        swap_start=hours(24),
        swap_end=hours(48),
        description=EVIL,
    )
    await _calendar(api, ids)
    return {
        "schedules": one,
        "on_call_shifts": shift["id"],
        "overrides": override["id"],
        "shift_swaps": swap["id"],
    }


async def _calendar(api: RunningApi, ids: dict[str, str]) -> None:
    """Have a schedule's shifts come from a calendar of somebody else's."""
    made = await api.post(
        "schedules/", name=f"{SHORT}c", type="ical", ical_url_primary="https://calendar.example.org/x.ics"
    )
    day = f"{clock.now() - timedelta(days=3):%Y%m%d}"
    later = f"{clock.now() + timedelta(days=3):%Y%m%d}"
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n"
        f"UID:{SHORT}\r\nSUMMARY:{SHORT}a {EVIL}\r\nDESCRIPTION:{EVIL}\r\nLOCATION:{EVIL}\r\n"
        f"DTSTART:{day}T000000Z\r\nDTEND:{later}T000000Z\r\nDTSTAMP:{day}T000000Z\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    row = fetched_calendar(made["id"], "primary", text, clock.now())
    await ConfigurationStore(api.store).change(lambda draft: draft.put(row), SYSTEM, clock.now())
    ids["calendars"] = made["id"]


def _alert(ids: dict[str, str], number: int, now: datetime) -> Alert:
    payload = {
        EVIL: EVIL,
        "title": EVIL,
        "message": MARKDOWN,
        "link": LINK,
        "n": number,
        "deep": [{EVIL: [EVIL]}],
    }
    alert = an_alert(f"evil {number}", at=now - timedelta(minutes=number), payload=payload)
    return alert.model_copy(update={"integration_id": ids["integrations"]})


def _group(ids: dict[str, str], alerts: list[Alert], now: datetime) -> Group:
    note = Note(id="MEVIL", text=EVIL, author=WHO, created_at=now)
    return a_group(
        id=GROUP_ID,
        integration_id=ids["integrations"],
        route_id=ids["routes"],
        title=EVIL,
        labels={EVIL: EVIL, "service": SHORT},
        notes=(note,),
        notes_count=1,
        acknowledged_at=now,
        acknowledged_by=WHO,
        alerts_count=2,
        **_times(alerts[0].id, now),
    )


def _other(ids: dict[str, str], now: datetime) -> Group:
    """Return an earlier group of the same key, which pages list as related."""
    times = _times("none", now)
    return a_group(
        id=OTHER_ID,
        integration_id=ids["integrations"],
        route_id=ids["routes"],
        number=2,
        title=EVIL,
        generation=1,
        resolved_at=now,
        resolved_by=WHO,
        **times,
    )


def _times(alert_id: str, now: datetime) -> dict[str, Any]:
    named = dict.fromkeys(("first_alert_id", "last_alert_id", "last_fired_id"), alert_id)
    return {**named, **dict.fromkeys(("opened_at", "last_alert_at", "last_fired_at"), now)}


async def _journal(api: RunningApi, group: Group, alerts: list[Alert], now: datetime) -> None:
    """Tell what the stages said of the group; a renderer that looks at addresses would not have let these through."""
    card = Card(title=EVIL, message=html_of(MARKDOWN), image_url=LINK, source_link=LINK)
    rendered = GroupRendered(
        id=str(uuid.uuid4()), time=now, group=group, change="group.opened.v1", actor=WHO, cards={"web": card}
    )
    refused = ActionRefused(
        id=str(uuid.uuid4()), time=now, group_id=group.id, action="resolve", action_id="A1", reason=EVIL
    )
    events = [
        (routed(alert=alerts[0], at=now, title=EVIL), "router"),
        (rendered, "renderer"),
        (refused, "grouper"),
    ]
    told = [wire.encode(event, wire.Provenance(stage, EVIL)) for event, stage in events]
    entries = [as_kept(one) for one in wire.envelopes(wire.join(told))]
    entries = [{**one, "reason": EVIL} for one in entries]
    page = Page(entries, [one.id for one in alerts], [group.id], now, now + KEEP)
    await Journal(api.store).add([page])


async def _escalation(api: RunningApi, group: Group, ids: dict[str, str], now: datetime) -> None:
    steps = (
        StepConfig(
            id="EEVIL", escalation_chain_id=ids["escalation_chains"], type="wait", parameters={"duration": 60}
        ),
    )
    run = Escalation(
        id=f"{group.id}:{group.run}",
        group_id=group.id,
        run=group.run,
        group=group,
        cards={"web": Card(title=EVIL, message=html_of(EVIL), source_link=LINK)},
        chain_id=ids["escalation_chains"],
        chain_name=EVIL,
        steps=steps,
        round_began_at=now,
        ended=EVIL,
    )
    await Escalations(api.store).save([EscalationWrite(run, None, [], now, KEEP)])


async def _deliveries(api: RunningApi, group: Group, ids: dict[str, str], now: datetime) -> None:
    """Store a run of the webhook whose receiver answered with markup, and one that nobody knows the end of."""
    rows = []
    for name, state in (("run", DeliveryState.FAILED), ("lost", DeliveryState.UNKNOWN)):
        event = WebhookRequested(
            id=f"evil {name}",
            time=now,
            group=group,
            webhook_id=ids["webhooks"],
            trigger="alert group created",
        )
        record = RunRecord(
            method="POST",
            url=f"https://x.example/{EVIL}",
            headers={EVIL: EVIL},
            data=EVIL,
            trigger=EVIL,
            event={EVIL: EVIL},
        )
        told = {"reason": EVIL, "content": EVIL, "status_code": 500, "record": record, "state": state}
        row = delivery.requested(event, "webhook", now)
        rows.append(
            (row.model_copy(update={**told, "due_at": None, "finished_at": now, "url": record.url}), [])
        )
    await Deliveries(api.store, KEEP).add(rows, now)


async def _problems(api: RunningApi, ids: dict[str, str], now: datetime) -> None:
    places = (
        "web.title",
        "source_link",
        f"label {EVIL}",
        f"heartbeat {EVIL}",
        EVIL,
        f"route {ids['routes']}",
    )
    found = [
        Problem(integration_id=ids["integrations"], where=place, message=EVIL, line=1, digest=str(number))
        for number, place in enumerate(places)
    ]
    await Problems(api.store).add(found, now)


async def _letter(api: RunningApi) -> None:
    """Bury a message of a stage, with an error that quotes what was sent."""
    envelope = {"id": LETTER_ID, "type": EVIL[:200], "specversion": "1.0", "data": {EVIL: EVIL}}
    history = orjson.dumps([{EVIL: EVIL, "at": EVIL}]).decode()
    headers = {
        "x-reason": EVIL,
        "x-exception": EVIL,
        "x-traceback": EVIL,
        "x-buried-at": EVIL,
        "x-version": EVIL,
        "x-history": history,
    }
    message = make_message(orjson.dumps([envelope]), "alert.routed.v1", "test", LETTER_ID, headers)
    await api.running.io.rabbit.publish(message, "tocsin.grouper.dead", direct=True, timeout_s=10)
