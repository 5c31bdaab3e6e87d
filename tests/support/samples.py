"""One event of every type, with every field set: what the golden envelopes of tests/contract/golden hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shared import events
from shared.bus.wire import Provenance
from shared.domain.model import (
    SOURCE,
    SYSTEM,
    ActionRecord,
    Actor,
    Alert,
    Card,
    Group,
    GroupRun,
    Note,
    Problem,
    Reminder,
    Responder,
    RootState,
)
from shared.events import Event, derived_id
from shared.events.groups import GroupChange
from tests.support.build import ALICE, KEY, NOON

PROVENANCE = Provenance("sample", "one")


def second(number: int) -> datetime:
    """Return the instant so many seconds (and a microsecond, which must survive) after noon."""
    return NOON + timedelta(seconds=number, microseconds=1)


def base(kind: type[Event], **fields: Any) -> dict[str, Any]:
    """Return the fields that every event has."""
    return {
        "id": derived_id("sample", kind.type),
        "time": second(30),
        "alert_id": ALERT.id,
        "cause_id": derived_id("sample", "cause"),
        "subject": GROUP.id,
        "config_version": 7,
        "decision": "decided",
        "reason": "because it had to be",
        "lane": "bulk",
        **fields,
    }


RESPONDER = Responder(
    user_id="U2",
    page_id=derived_id("sample", "call"),
    team_id="T1",
    important=True,
    paged_at=second(6),
    paged_by=ALICE,
    answered_at=second(7),
    removed_at=second(8),
)
NOTE = Note(
    id=derived_id("sample", "note"),
    text="the disk was full",
    author=ALICE,
    source="slack",
    created_at=second(7),
    deleted_at=second(8),
)
ALERT = Alert(
    id=derived_id("sample", "alert"),
    integration_id="C1",
    received_at=second(0),
    payload={"labels": {"alertname": "DiskFull", "größe": "90 %"}, "$deep": [1, 2.5, None, {"a.b": True}]},
    is_demo=True,
    responders=(RESPONDER,),
)
PROBLEM = Problem(
    integration_id="C1",
    where="web.title",
    message="no such filter",
    line=3,
    alert_id=ALERT.id,
    digest="0123456789abcdef",
)
CARD = Card(
    title="DiskFull on db1",
    message="90 % of / is used",
    image_url="https://graphs.example/1.png",
    source_link="https://prometheus.example/graph",
)
GROUP = Group(
    id="ISAMPLE12345678",
    integration_id="C1",
    route_id="R1",
    key=KEY,
    number=17,
    title="DiskFull",
    seen=False,
    is_demo=True,
    version=9,
    run=3,
    alerts_count=4,
    first_alert_id=ALERT.id,
    last_alert_id=derived_id("sample", "last alert"),
    opened_at=second(0),
    last_alert_at=second(3),
    last_fired_at=second(2),
    last_fired_id=derived_id("sample", "fired alert"),
    resolved_at=second(9),
    resolved_by=SOURCE,
    resolved_through=second(8),
    resolved_through_id=derived_id("sample", "last alert"),
    acknowledged_at=second(5),
    acknowledged_by=ALICE,
    silenced_at=second(4),
    silenced_until=second(64),
    silenced_by=Actor(kind="user", id="U2", name="bob"),
    actions=(ActionRecord(id=derived_id("sample", "action"), applied=True, reason="first"),),
    labels={"severity": "critical"},
    root_id="IROOT0123456789",
    root_version=4,
    resolved_with_root=True,
    attached=("IMEMBER12345678",),
    responders=(RESPONDER,),
    reminder=Reminder(count=2, next_at=second(600), asked_at=second(300), confirm_by=second(900)),
    notes_count=1,
    wiped_at=second(9),
    wiped_by=ALICE,
    deleted_at=second(9),
    erasing="delete",
)
ROOT = RootState(
    id="IROOT0123456789",
    version=4,
    acknowledged_at=second(5),
    acknowledged_by=ALICE,
    silenced_at=second(4),
    silenced_until=second(64),
    silenced_by=ALICE,
    resolved_at=second(9),
    resolved_by=SOURCE,
)
_CHANGE = {"group": GROUP, "alerts": (ALERT.id,), "actor": ALICE}
_PAGE = {
    "request_id": derived_id("sample", "page"),
    "group_id": GROUP.id,
    "run": 3,
    "user_id": "U1",
    "channel": "email",
    "attempts": 2,
    "purpose": "direct",
}
_POST = {"group_id": GROUP.id, "medium": "slack", "channel": "C024BE91L"}
_ANSWER = {
    "action_id": derived_id("sample", "action"),
    "action": "silence",
    "reply_to": "tocsin.replies.api.1",
}

_FIELDS: dict[type[Event], dict[str, Any]] = {
    events.AlertReceived: {"alert": ALERT},
    events.HeartbeatReceived: {"integration_id": "C1"},
    events.BeatSent: {
        "receiver_id": derived_id("sample", "receiver"),
        "instance": "receiver-1",
        "since": NOON,
        "is_last": True,
    },
    events.AlertRouted: {
        "alert": ALERT,
        "route_id": "R1",
        "key": KEY,
        "grouping_key": "DiskFull",
        "resolve": True,
        "acknowledge": True,
        "title": "DiskFull",
        "labels": {"severity": "critical"},
        "problems": (PROBLEM,),
    },
    events.ActionRequested: {
        "group_id": GROUP.id,
        "action": "silence",
        "actor": ALICE,
        "source": "slack",
        "delay_s": 3600,
        "run": 3,
        "reply_to": "tocsin.replies.api.1",
        "responders": (RESPONDER,),
        "root_id": ROOT.id,
        "root": ROOT,
        "member_id": "IMEMBER12345678",
        "note": NOTE,
    },
    **dict.fromkeys(events.GROUP_EVENTS, _CHANGE),
    events.GroupResponderAdded: {**_CHANGE, "user_ids": ("U2",)},
    events.GroupResponderRemoved: {**_CHANGE, "user_ids": ("U2",)},
    events.GroupNoteAdded: {**_CHANGE, "note": NOTE},
    events.ActionApplied: {**_ANSWER, "group": GROUP},
    events.ActionRefused: {**_ANSWER, "group_id": GROUP.id},
    events.GroupRendered: {
        **_CHANGE,
        "change": events.GroupOpened.type,
        "cards": {"web": CARD, "email": CARD},
        "problems": (PROBLEM,),
        "changes": (
            GroupChange(
                type=events.GroupOpened.type, version=1, at=second(1), alerts=(ALERT.id,), actor=SYSTEM
            ),
        ),
    },
    events.PostRequested: {
        "group": GROUP,
        "medium": "slack",
        "channel": "C024BE91L",
        "card": CARD,
        "change": events.GroupAcknowledged.type,
        "actor": SYSTEM,
        "note": "debug window Upgrade: escalation is held back until 2026-05-04 14:00:00 UTC",
    },
    events.ChainRefreshRequested: {"group_id": GROUP.id, "run": 3, "chain_id": "F1", "actor": ALICE},
    events.NotificationRequested: {
        "group": GROUP,
        "user_id": "U1",
        "channel": "email",
        "card": CARD,
        "important": True,
        "digest": (GroupRun(id=GROUP.id, run=GROUP.run), GroupRun(id="IOTHER123456789", run=2)),
        "resolved": True,
        "purpose": "direct",
        "purpose_id": derived_id("sample", "call"),
    },
    events.WebhookRequested: {
        "group": GROUP,
        "webhook_id": "WH1",
        "trigger": "acknowledge",
        "actor": SYSTEM,
        "details": {"alerts": [ALERT.id]},
        "held_back": "maintenance window Upgrade: escalation is held back until 2026-05-04 14:00:00 UTC",
    },
    events.NoticeRequested: {
        "user_id": "U1",
        "channel": "sms",
        "address": "+491700000000",
        "title": "You are on call",
        "text": "until Monday 09:00",
        "contact_id": "P1",
        "text_encrypted": "gAAAAA",
        "valid_until": second(600),
        "in_channel": True,
        "mentions": ("U0ALICE",),
    },
    events.DeliveryReported: {
        "channel": "sms",
        "state": "delivered",
        "request_id": derived_id("sample", "page"),
        "handle": "SM0123456789",
    },
    events.DeliveryActionRequested: {
        "delivery_id": derived_id("sample", "page"),
        "action": "resend",
        "actor": ALICE,
    },
    events.PostDelivered: {
        **_POST,
        "handle": "1503435956.000247",
        "group_version": 9,
        "permalink": "https://example.slack.com/archives/C024BE91L/p1503435956000247",
    },
    events.PostFailed: _POST,
    events.NotificationDelivered: {**_PAGE, "handle": "<1@mail.example>"},
    events.NotificationFailed: _PAGE,
    events.NotificationUnknown: _PAGE,
    events.NotificationCancelled: _PAGE,
    events.WebhookResponded: {
        "request_id": derived_id("sample", "call"),
        "group_id": GROUP.id,
        "webhook_id": "WH1",
        "trigger": "acknowledge",
        "fired": False,
        "url": "https://hook.example/",
        "status_code": 201,
        "content": "created",
    },
    events.StageDecided: {
        "stage": "grouper",
        "group_id": GROUP.id,
        "alerts": (ALERT.id,),
        "problems": (PROBLEM,),
    },
    events.ConfigChanged: {"version": 8},
}

SAMPLES: dict[str, Event] = {kind.type: kind(**base(kind, **fields)) for kind, fields in _FIELDS.items()}
