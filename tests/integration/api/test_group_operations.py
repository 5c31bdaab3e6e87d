"""What people do with alert groups over the api, with the real grouper and recorder behind the real broker."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from shared.store.alerts import Alerts
from tests.integration.api.api_running import RunningApi
from tests.integration.api.test_actions import TIMEOUT_S, a_group, api
from tests.integration.api.test_shapes import check

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
__all__ = ["api"]


async def do(api: RunningApi, group: dict[str, Any], action: str, **body: Any) -> dict[str, Any]:
    """Do it and return the group as it is then."""
    reply = await api.ask("POST", f"alert_groups/{group['id']}/{action}", body)
    assert reply.status == 200, reply
    return dict(reply.body)


async def a_user(api: RunningApi) -> dict[str, Any]:
    """Make a user."""
    return dict(await api.post("users/", username=uuid.uuid4().hex, role="editor"))


async def until_it_is(api: RunningApi, group: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    """Wait until a group reads so."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            found = await api.get(f"alert_groups/{group['id']}")
            if all(found[name] == value for name, value in wanted.items()):
                return dict(found)
            await asyncio.sleep(0.02)


async def test_a_restart_opens_what_was_taken_or_over(api: RunningApi):
    group = await a_group(api)
    for before in ("acknowledge", "resolve"):
        await do(api, group, before)
        assert (await do(api, group, "restart"))["state"] == "firing"


async def test_attached_groups_follow_their_root_and_stand_alone_again(api: RunningApi):
    root, member = await a_group(api), await a_group(api)
    attached = await do(api, member, "attach", root_alert_group_id=root["id"])
    check(attached, "/api/v1/alert_groups/{id}")
    await until_it_is(api, root, attached_alert_group_ids=[member["id"]])

    await do(api, root, "acknowledge")
    await until_it_is(api, member, state="acknowledged")
    refused = await api.refused("POST", f"alert_groups/{member['id']}/resolve")
    assert root["id"] in refused["detail"]

    await do(api, root, "unacknowledge")
    await until_it_is(api, member, state="firing")
    assert (await do(api, member, "unattach"))["root_alert_group_id"] is None
    await until_it_is(api, root, attached_alert_group_ids=[])
    await api.refused("POST", f"alert_groups/{member['id']}/attach", {"root_alert_group_id": "INONE"})


async def test_a_deleted_roots_groups_stand_alone_and_it_is_gone(api: RunningApi):
    root, member = await a_group(api), await a_group(api)
    await do(api, member, "attach", root_alert_group_id=root["id"])
    await until_it_is(api, root, attached_alert_group_ids=[member["id"]])

    reply = await api.ask("DELETE", f"alert_groups/{root['id']}", {"mode": "delete"})

    assert reply.status == 204
    await api.refused("GET", f"alert_groups/{root['id']}", status=404)
    await until_it_is(api, member, root_alert_group_id=None, state="firing")


async def test_a_wiped_group_keeps_ids_and_times_and_says_nothing_any_more(api: RunningApi):
    group = await a_group(api, payload={"secret": "s3cr3t"})

    assert (await api.ask("DELETE", f"alert_groups/{group['id']}")).status == 204

    wiped = await until_it_is(api, group, title=None, labels=[])
    assert (wiped["state"], wiped["created_at"]) == ("resolved", group["created_at"])
    alert_id = group["last_alert"]["id"]
    async with asyncio.timeout(TIMEOUT_S):
        while (await Alerts(api.store).get_many([alert_id]))[alert_id].payload is not None:
            await asyncio.sleep(0.05)
    await api.refused("POST", f"alert_groups/{group['id']}/unresolve")
    assert (await api.ask("DELETE", f"alert_groups/{group['id']}", {"mode": "wipe"})).status == 204
    await api.refused("DELETE", f"alert_groups/{group['id']}", {"mode": "shred"})


async def test_responders_are_added_and_taken_off(api: RunningApi):
    group, user = await a_group(api), await a_user(api)
    body = {"users": [{"id": user["id"], "important": True}]}

    paged = await do(api, group, "page", **body)
    await api.refused("POST", f"alert_groups/{group['id']}/page", body)
    off = await do(api, group, "unpage", users=[{"id": user["id"]}])

    check(paged, "/api/v1/alert_groups/{id}")
    assert [(one["user_id"], one["important"], one["state"]) for one in paged["responders"]] == [
        (user["id"], True, "active")
    ]
    assert off["responders"][0]["state"] == "removed"
    await api.refused("POST", f"alert_groups/{group['id']}/page", {"users": [{"id": "UNONE"}]})
    await api.refused("POST", f"alert_groups/{group['id']}/page", {})
    await api.refused("POST", f"alert_groups/{group['id']}/page", {"team": "TNONE"})


async def test_notes_are_written_changed_and_deleted(api: RunningApi):
    group = await a_group(api)
    note = await api.post("resolution_notes/", alert_group_id=group["id"], text="the disk was full")
    check(note, "/api/v1/resolution_notes/{id}")

    assert await api.get(f"resolution_notes/{note['id']}") == note
    assert (await api.get("resolution_notes/", alert_group_id=group["id"]))["results"] == [note]
    changed = await api.put(f"resolution_notes/{note['id']}", text="it was the other disk")
    assert changed == {**note, "text": "it was the other disk"}
    assert (await api.get(f"alert_groups/{group['id']}"))["resolution_notes_count"] == 1

    await api.delete(f"resolution_notes/{note['id']}")
    await api.refused("GET", f"resolution_notes/{note['id']}", status=404)
    await api.refused("DELETE", f"resolution_notes/{note['id']}", status=404)
    assert (await api.get("resolution_notes/", alert_group_id=group["id"]))["count"] == 0
    long = {"alert_group_id": group["id"], "text": "x" * 3001}
    assert list(await api.refused("POST", "resolution_notes/", long)) == ["text"]
    blank = {"alert_group_id": group["id"], "text": " "}
    assert list(await api.refused("POST", "resolution_notes/", blank)) == ["text"]
    await api.refused("POST", "resolution_notes/", {"alert_group_id": "INONE", "text": "x"}, status=404)


async def test_where_a_note_is_required_nobody_resolves_without_one_not_even_in_bulk(api: RunningApi):
    integration = await api.post(
        "integrations/", type="webhook", name=uuid.uuid4().hex, resolution_note_required=True
    )
    group = await a_group(api, integration["id"])
    await until_known(api, group)

    refused = await api.refused("POST", f"alert_groups/{group['id']}/resolve")
    bulk = await api.ask("POST", "alert_groups/bulk", {"action": "resolve", "ids": [group["id"]]})
    await api.post("resolution_notes/", alert_group_id=group["id"], text="found it")

    assert "note is required" in refused["detail"]
    assert bulk.body["results"][0]["outcome"] == "refused"
    assert (await do(api, group, "resolve"))["state"] == "resolved"


async def until_known(api: RunningApi, group: dict[str, Any]) -> None:
    """Wait until the grouper has the newest configuration: until then it lets everybody resolve."""
    async with asyncio.timeout(TIMEOUT_S):
        while (await api.ask("POST", f"alert_groups/{group['id']}/resolve")).status == 200:
            await do(api, group, "unresolve")


async def test_one_action_on_many_groups_tells_what_became_of_each(api: RunningApi):
    first, second = await a_group(api, "CBULK"), await a_group(api, "CBULK")
    await do(api, second, "acknowledge")
    ids = [first["id"], second["id"], "INONE", first["id"]]

    reply = await api.ask("POST", "alert_groups/bulk/", {"action": "acknowledge", "ids": ids})
    chosen = {"integration_id": "CBULK", "state": "acknowledged"}
    silenced = await api.ask("POST", "alert_groups/bulk", {"action": "restart", "filter": chosen})

    assert [(one["id"], one["outcome"]) for one in reply.body["results"]] == [
        (first["id"], "applied"),
        (second["id"], "refused"),
        ("INONE", "not_found"),
    ]
    assert {one["outcome"] for one in silenced.body["results"]} == {"applied"}
    assert silenced.body["count"] == 2
    for bad in (
        {"action": "acknowledge"},
        {"action": "acknowledge", "ids": [], "filter": {}},
        {"action": "silence", "ids": [first["id"]]},
        {"action": "explode", "ids": []},
        {"action": "acknowledge", "ids": ["x"] * 501},
    ):
        await api.refused("POST", "alert_groups/bulk", bad)


async def test_a_viewer_reads_and_does_nothing(api: RunningApi):
    user = await api.post("users/", username=uuid.uuid4().hex, role="viewer")
    token = await api.new_token(user_id=user["id"])
    group = await a_group(api)
    for method, path in (
        ("POST", f"alert_groups/{group['id']}/restart"),
        ("DELETE", f"alert_groups/{group['id']}"),
        ("POST", "alert_groups/bulk"),
        ("POST", "escalation"),
        ("POST", "resolution_notes"),
    ):
        reply = await api.ask(method, path, {}, headers={"Authorization": token})
        assert reply.status == 403, path


async def test_a_reminder_is_confirmed_only_where_there_is_one(api: RunningApi):
    group = await a_group(api)
    await do(api, group, "acknowledge")
    refused = await api.refused("POST", f"alert_groups/{group['id']}/confirm")
    assert "reminder" in refused["detail"]


async def test_group_settings_of_an_integration_read_back_and_have_bounds(api: RunningApi):
    made = await api.post("integrations/", type="webhook", acknowledge_reminder={"remind_after": 3600})
    assert made["acknowledge_reminder"] == {"remind_after": 3600, "unacknowledge_after": None}
    path = f"integrations/{made['id']}"
    resumes = {"after_silence": "continue"}
    after = await api.put(path, escalation_resumes=resumes, acknowledge_reminder={"unacknowledge_after": 300})
    assert after["escalation_resumes"] == {"after_silence": "continue", "after_unacknowledge": "start"}
    assert after["acknowledge_reminder"] == {"remind_after": 3600, "unacknowledge_after": 300}
    refused = await api.refused("PUT", path, {"acknowledge_reminder": {"remind_after": 60}})
    assert list(refused) == ["acknowledge_reminder"]
    back = await api.put(path, acknowledge_reminder=None)
    assert back["acknowledge_reminder"] == {"remind_after": None, "unacknowledge_after": None}
