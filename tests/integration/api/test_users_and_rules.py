"""Users, their personal notification rules, and webhooks over the public API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration


@pytest.fixture
async def alice(api: RunningApi) -> dict[str, Any]:
    slack = {"user_id": "U1", "team_id": None}
    return await api.post("users/", username="Alice", email="alice@example.org", role="editor", slack=slack)


async def test_a_user_is_found_by_name_and_address_in_any_case(api: RunningApi, alice: dict[str, Any]):
    await api.post("users/", username="bob")

    for query in (
        {"username": "aLICE"},
        {"email": "ALICE@example.org"},
        {"roles": "1"},
        {"roles": "user"},
        {"roles": "editor"},
    ):
        found = (await api.get("users/", **query))["results"]
        assert alice in found
    assert (await api.get("users/", username="alic"))["count"] == 0
    assert alice["role"] == "editor"
    short = (await api.get("users/", username="alice", short="true"))["results"][0]
    assert set(alice) - set(short) == {"slack", "timezone", "teams"}


async def test_the_current_user_is_the_one_of_the_token(api: RunningApi, alice: dict[str, Any]):
    token = await api.new_token(user_id=alice["id"])

    found = await api.ask("GET", "users/current/", headers={"Authorization": token})

    assert found.body == alice
    await api.refused("GET", "users/current", status=404)


async def test_rules_are_two_lists_in_order(api: RunningApi, alice: dict[str, Any]):
    made = [
        await api.post("personal_notification_rules/", user_id=alice["id"], type=kind, important=important)
        for kind, important in (("notify_by_email", False), ("wait", False), ("notify_by_sms", True))
    ]

    assert made[1] == {
        "id": made[1]["id"],
        "user_id": alice["id"],
        "position": 1,
        "important": False,
        "type": "wait",
        "duration": 300,
    }
    assert made[2]["position"] == 0
    listed = await api.get("personal_notification_rules", user_id=alice["id"], important="false")
    assert [one["type"] for one in listed["results"]] == ["notify_by_email", "wait"]


async def test_a_wait_that_becomes_a_channel_drops_its_duration(api: RunningApi, alice: dict[str, Any]):
    made = await api.post(
        "personal_notification_rules/", user_id=alice["id"], type="wait", duration=900, important=False
    )

    changed = await api.put(
        f"personal_notification_rules/{made['id']}/",
        type="notify_by_mobile_app",
        position=0,
        manual_order=True,
    )

    assert "duration" not in changed
    assert changed["user_id"] == alice["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "notify_by_pigeon"}, "type"),
        ({"type": "wait", "duration": 5}, "duration"),
        ({"user_id": "UNONE", "type": "wait"}, "user_id"),
        ({"type": None}, "type"),
    ],
)
async def test_a_rule_that_is_not_valid_is_refused_by_name(
    api: RunningApi, alice: dict[str, Any], body: dict[str, Any], field: str
):
    refused = await api.refused("POST", "personal_notification_rules/", {"user_id": alice["id"], **body})
    assert list(refused) == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "ALICE"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x", "timezone": "Mars/Olympus"}, "timezone"),
        ({"username": "x", "email": "nobody"}, "email"),
        ({"username": "x", "role": "king"}, "role"),
        ({"username": 7}, "username"),
    ],
)
async def test_a_user_that_is_not_valid_is_refused_by_name(
    api: RunningApi, alice: dict[str, Any], body: dict[str, Any], field: str
):
    assert list(await api.refused("POST", "users/", body)) == [field]


async def test_a_deleted_user_leaves_rules_and_steps(api: RunningApi, alice: dict[str, Any]):
    chain = await api.post("escalation_chains/", name="ops")
    step = await api.post(
        "escalation_policies/",
        escalation_chain_id=chain["id"],
        type="notify_persons",
        persons_to_notify=[alice["id"]],
    )
    await api.post("personal_notification_rules/", user_id=alice["id"], type="notify_by_email")

    await api.delete(f"users/{alice['id']}/")

    assert (await api.get(f"escalation_policies/{step['id']}"))["persons_to_notify"] == []
    assert (await api.get("personal_notification_rules"))["count"] == 0


async def test_a_webhook_takes_an_empty_preset_and_keeps_its_secrets_to_itself(api: RunningApi):
    made = await api.post(
        "webhooks/",
        name="hook",
        team="",
        url="https://example.org/{{ event.type }}",
        preset="",
        trigger_type="alert group created",
        http_method="POST",
        password="secret",
        username="me",
        forward_all=True,
        is_webhook_enabled=True,
        data=None,
        headers=None,
        integration_filter=None,
    )

    assert made["password"] == "****************"
    assert made["authorization_header"] is None
    assert made["preset"] == ""
    assert made["integration_filter"] == []
    stored = await api.store.collection("webhooks").find_one({"_id": made["id"]})
    assert stored is not None
    assert not any("secret" in str(value) for value in stored.values())
    await api.put(f"webhooks/{made['id']}/", password="****************", name="hook 2")
    kept = await api.store.collection("webhooks").find_one({"_id": made["id"]})
    assert kept is not None
    assert api.running.io.secrets.decrypt(kept["password"]) == "secret"
    assert (await api.put(f"webhooks/{made['id']}/", password=None))["password"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": None}, "url"),
        ({"name": ""}, "name"),
        ({"http_method": "FETCH"}, "http_method"),
        ({"trigger_type": "never"}, "trigger_type"),
        ({"data": "{% if %}"}, "data"),
        ({"trigger_template": "{{"}, "trigger_template"),
        ({"integration_filter": ["CNONE"]}, "integration_filter"),
        ({"team": "TNONE"}, "team"),
    ],
)
async def test_a_webhook_that_is_not_valid_is_refused_by_name(
    api: RunningApi, body: dict[str, Any], field: str
):
    refused = await api.refused("POST", "webhooks/", {"name": "hook", "url": "https://example.org/", **body})
    assert list(refused) == [field]


async def test_a_rule_has_hours_and_loses_them_with_null(api: RunningApi):
    user = await api.post("users/", username="owl", email="owl@example.org")
    hours = {"from_time": "22:00", "to_time": "06:00", "time_zone": "Australia/Lord_Howe", "weekdays": ["MO"]}
    rule = {"user_id": user["id"], "type": "notify_by_email", "only_between": hours}

    made = await api.post("personal_notification_rules/", **rule)
    path = f"personal_notification_rules/{made['id']}"
    kept = await api.ask("PUT", path, {"type": "notify_by_sms"})
    wrong = await api.ask("PUT", path, {"only_between": {**hours, "time_zone": "Mars/Base"}})
    gone = await api.ask("PUT", path, {"only_between": None})

    assert made["only_between"] == hours
    assert (kept.status, kept.body["only_between"]) == (200, hours)
    assert wrong.status == 400
    assert "only_between" in wrong.body
    assert "only_between" not in gone.body
    waiting = await api.ask("POST", "personal_notification_rules", {**rule, "type": "wait"})
    assert (waiting.status, list(waiting.body)) == (400, ["only_between"])
