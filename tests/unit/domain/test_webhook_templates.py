"""The event that a webhook sees, and what its templates make of it."""

from __future__ import annotations

import json
from typing import Any

from shared.domain.configuration import Integration, Team, User, Webhook
from shared.domain.model import Alert
from shared.domain.schedules import Schedule, Shift
from shared.domain.webhook_event import MANUAL, Facts, event_of, job_of
from shared.domain.webhook_people import to_be_notified
from shared.domain.webhook_rendering import render_webhook
from tests.support import build as make
from tests.support.build import a_configuration, notify
from tests.support.outgoing import NOON, a_group, acknowledged

ALICE = User(id="U-alice", username="alice", email="alice@example.org")
QUOTED = 'he said "no"\nand left'


def facts(**fields: Any) -> Facts:
    given: dict[str, Any] = {
        "group": a_group(labels={"service": "db"}),
        "trigger": "escalation",
        "at": NOON,
        "webhook": Webhook(id="WH-1", name="ticket", url="https://x.example/{{ alert_group_id }}"),
        "integration": Integration(id="C-1", name="Prometheus", type="alertmanager", token_digest=""),
        "first_alert": Alert(id="A-1", integration_id="C-1", received_at=NOON, payload={"text": QUOTED}),
        "users": {ALICE.id: ALICE},
        **fields,
    }
    return Facts(**given)


def rendered(**webhook: Any):
    made = Webhook.model_validate({"id": "WH-1", "name": "ticket", "url": "https://x.example/", **webhook})
    return render_webhook(job_of(facts(webhook=made)), NOON)


def test_the_event_has_every_key_that_templates_were_written_for():
    event = event_of(facts())

    assert set(event) == {
        "event", "user", "alert_group", "alert_group_id", "alert_payload", "integration", "notified_users",
        "users_to_be_notified", "alert_group_acknowledged_by", "alert_group_resolved_by", "responses", "webhook",
    }  # fmt: skip
    assert event["alert_group"]["labels"] == {"service": "db"}
    assert event["alert_payload"] == {"text": QUOTED}
    assert event["event"] == {"type": "escalation", "time": "2026-01-05T12:00:00.000000Z", "until": None}
    assert json.loads(json.dumps(event)) == event


def test_the_event_names_who_acknowledged():
    event = event_of(facts(group=acknowledged(a_group())))

    assert event["alert_group_acknowledged_by"] == {
        "id": "U-alice", "username": "alice", "email": "alice@example.org"}  # fmt: skip
    assert event["user"] == event["alert_group_acknowledged_by"]


def test_answers_of_other_webhooks_can_be_chained():
    event = event_of(facts(responses={"WH-1": "mine", "WH-2": '{"key": "T-1"}', "WH-3": "text"}))

    assert event["responses"] == {"WH-2": {"key": "T-1"}, "WH-3": "text"}


def test_url_headers_and_data_are_templates():
    texts = rendered(
        url="https://x.example/{{ alert_group_id }}",
        headers='{"X-Name": "{{ integration.name }}"}',
        data='{"text": "{{ alert_payload.text }}"}',
        forward_all=False,
    )

    assert texts.url == f"https://x.example/{a_group().id}"
    assert json.loads(texts.headers) == {"X-Name": "Prometheus"}
    assert json.loads(texts.data or "") == {"text": QUOTED}


def test_data_is_not_looked_at_when_the_whole_event_is_forwarded():
    assert rendered(data="{{ broken").data is None


def test_a_trigger_template_decides_like_a_route():
    for said in ("true", " 1 ", "OK"):
        assert rendered(trigger_template=said).held_back is None
    assert (
        rendered(trigger_template="{{ event.type == 'resolve' }}").held_back
        == "the trigger template said 'False'"
    )
    assert rendered(trigger_template="  ").held_back is None


def test_a_template_that_fails_is_named():
    assert (rendered(headers="{{ 1 / 0 }}").failure or "").startswith("headers: ")
    assert (rendered(trigger_template="{% if").failure or "").startswith("trigger_template: ")


def test_templates_see_the_time_that_was_given():
    assert rendered(url="https://x/{{ time().year }}").url == "https://x/2026"


def test_a_call_by_hand_looks_like_that_of_a_chain_to_templates_written_for_oncall():
    assert event_of(facts(trigger=MANUAL))["event"]["type"] == "escalation"


def test_the_event_names_whom_the_chain_still_notifies():
    config = a_configuration(notify("U2"), notify("U1", "U2"))

    firing, taken = make.a_group(), make.a_group(acknowledged_at=NOON)

    assert [one.username for one in to_be_notified(config, firing, NOON)] == ["bob", "alice"]
    assert to_be_notified(config, taken, NOON) == []


def test_the_event_names_who_is_on_call_and_who_is_in_the_team_that_the_chain_means():
    config = a_configuration(
        {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "S"},
        {"type": "notify_team_members", "team_to_notify": "T1"},
        users=(
            User(id="U1", username="alice", team_ids=("T1",)),
            User(id="U2", username="bob", team_ids=("T1",)),
            User(id="U3", username="carol"),
        ),
        teams=(Team(id="T1", name="Ops"),),
        schedules=(Schedule(id="S", name="Primary"),),
        shifts=(
            Shift(
                id="O1",
                name="Always",
                schedule_id="S",
                start="2026-01-01T00:00:00",
                duration=400 * 86_400,
                users=("U2",),
            ),
        ),
    )

    meant = to_be_notified(config, make.a_group(), NOON)

    assert [one.username for one in meant] == ["bob", "alice"]
