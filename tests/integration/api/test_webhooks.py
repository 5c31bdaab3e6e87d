"""Outgoing webhooks over the public API: fields, secrets, runs, calls by hand, previews, the old name."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.domain import delivery
from shared.domain.webhook_record import RunRecord
from shared.domain.webhook_signature import key_of
from shared.domain.webhook_triggers import TRIGGERS
from shared.events import WebhookRequested, derived_id
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.deliveries import Deliveries
from tests.integration.api.api_running import RunningApi
from tests.support.build import NOON, a_group

pytestmark = pytest.mark.integration
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def a_webhook(api: RunningApi, **fields: Any) -> Any:
    """Create a webhook."""
    return await api.post(
        "webhooks/", **{"name": "ticket", "url": "https://x.example/", "preset": "", **fields}
    )


async def a_stored_group(api: RunningApi) -> Any:
    """Store a group as the grouper would."""
    group = a_group()
    await AlertGroups(api.store).save([GroupWrite(group, None, [], clock.now())])
    return group


async def ran(api: RunningApi, webhook_id: str, trigger: str, reason: str) -> delivery.Delivery:
    """Store an evaluation that called nobody, as the notifier would."""
    event = WebhookRequested(
        id=derived_id(webhook_id, trigger), time=NOON, group=a_group(), webhook_id=webhook_id, trigger=trigger
    )
    row = delivery.requested(event, "webhook", clock.now())
    record = RunRecord(
        trigger="False", headers={"Authorization": "***"}, data="{}", event={"event": {"type": trigger}}
    )
    row, _ = delivery.cancelled(row.model_copy(update={"record": record}), reason, clock.now())
    await Deliveries(api.store, timedelta(days=1)).add([(row, [])], clock.now())
    return row


async def test_every_trigger_is_taken_and_another_is_refused(api: RunningApi):
    for number, trigger in enumerate(TRIGGERS):
        made = await a_webhook(api, name=f"w{number}", trigger_type=trigger)
        assert (made["trigger_type"], made["preset"]) == (trigger, "")

    refused = await api.refused(
        "POST", "webhooks", {"name": "x", "url": "https://x", "trigger_type": "sometimes"}
    )
    assert "alert group created" in refused["trigger_type"][0]


async def test_a_signing_secret_is_never_shown_and_keeps_its_former_one_for_a_day(api: RunningApi):
    made = await a_webhook(api, signing_secret=SECRET)
    assert set(made["signing_secret"]) == {"*"}
    kept = await api.put(f"webhooks/{made['id']}", signing_secret=made["signing_secret"])
    assert kept == made

    rotated = await api.ask("POST", f"webhooks/{made['id']}/rotate_secret", {"keep_old_for": "2h"})

    assert rotated.status == 200
    assert len(key_of(rotated.body["signing_secret"])) == 32
    assert rotated.body["former_valid_until"] is not None
    assert SECRET not in json.dumps(await api.get(f"webhooks/{made['id']}"))
    assert (await api.put(f"webhooks/{made['id']}", signing_secret=None))["signing_secret"] is None
    refused = await api.refused("PUT", f"webhooks/{made['id']}", {"signing_secret": "hunter2"})
    assert "whsec_" in refused["signing_secret"][0]


async def test_every_evaluation_is_listed_whatever_the_trigger_of_the_webhook_is(api: RunningApi):
    made = await a_webhook(api, trigger_type="status change")
    await ran(api, made["id"], "acknowledge", "the trigger template said 'False'")
    await ran(api, "WHOTHER", "acknowledge", "")

    page = await api.get(f"webhooks/{made['id']}/responses")

    assert page["count"] == 1
    (run,) = page["results"]
    assert (run["trigger_type"], run["fired"], run["state"]) == ("acknowledge", False, "cancelled")
    assert run["reason"] == "the trigger template said 'False'"
    assert json.loads(run["event_data"]) == {"event": {"type": "acknowledge"}}
    assert json.loads(run["request_headers"]) == {"Authorization": "***"}
    assert (run["request_data"], run["request_trigger"], run["status_code"]) == ("{}", "False", None)
    assert (await api.get(f"webhooks/{made['id']}/responses/", alert_group_id="I0"))["count"] == 0
    assert (await api.ask("GET", "webhooks/WHNONE/responses")).status == 404


async def test_a_preview_shows_the_request_and_sends_nothing(api: RunningApi):
    made = await a_webhook(
        api,
        url="https://x.example/{{ alert_group_id }}?token=abc",
        headers='{"X-Api-Key": "k"}',
        data='{"what": "{{ event.type }}", "title": "{{ alert_group.title }}"}',
        forward_all=False,
        trigger_type="status change",
        signing_secret=SECRET,
    )
    group = await a_stored_group(api)

    reply = await api.ask("POST", f"webhooks/{made['id']}/preview", {"alert_group_id": group.id})

    assert reply.status == 200, reply
    assert reply.body["would_be_called"] is True
    assert reply.body["url"] == f"https://x.example/{group.id}?token=***"
    assert json.loads(reply.body["request_data"]) == {"what": "acknowledge", "title": "DiskFull"}
    assert set(reply.body["request_headers"]["X-Api-Key"]) == {"*"}
    await api.put(f"webhooks/{made['id']}", trigger_template="{{ event.type == 'resolve' }}")
    reply = await api.ask("POST", f"webhooks/{made['id']}/preview", {"alert_group_id": group.id})
    assert (reply.body["would_be_called"], reply.body["reason"]) == (
        False,
        "the trigger template said 'False'",
    )
    missing = await api.refused("POST", f"webhooks/{made['id']}/preview", {"alert_group_id": "I0"})
    assert missing == {"alert_group_id": ["There is no alert group with id I0."]}


async def test_a_call_by_hand_is_refused_for_a_disabled_webhook_and_while_the_broker_is_away(api: RunningApi):
    made = await a_webhook(api)
    group = await a_stored_group(api)

    away = await api.ask("POST", f"webhooks/{made['id']}/trigger", {"alert_group_id": group.id})

    assert (away.status, away.headers["Retry-After"]) == (503, "2")
    await api.put(f"webhooks/{made['id']}", is_webhook_enabled=False)
    refused = await api.refused("POST", f"webhooks/{made['id']}/trigger", {"alert_group_id": group.id})
    assert refused["detail"] == "It would not be called: the webhook is disabled."


async def test_actions_are_webhooks_under_their_old_name(api: RunningApi):
    made = await api.post(
        "actions/", name="old", url="https://x.example", data="{{ alert_payload }}", user="u", password="p"
    )
    assert made == {
        "id": made["id"], "name": "old", "team_id": None, "url": "https://x.example", "data": "{{ alert_payload }}",
        "user": "u", "password": "*" * 16, "authorization_header": None, "forward_whole_payload": False,
    }  # fmt: skip

    changed = await api.put(f"actions/{made['id']}/", forward_whole_payload=True, password="*" * 16)

    assert changed == {**made, "forward_whole_payload": True}
    shown = await api.get(f"webhooks/{made['id']}")
    assert (shown["trigger_type"], shown["http_method"], shown["username"]) == ("escalation", "POST", "u")
    assert [one["id"] for one in (await api.get("actions", name="old"))["results"]] == [made["id"]]
    await api.delete(f"actions/{made['id']}")
    assert (await api.ask("GET", f"webhooks/{made['id']}")).status == 404
