"""Teams with their members, and what each role may do, over the public API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration


async def a_user(api: RunningApi, role: str = "editor", **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await api.post("users/", username=uuid.uuid4().hex, role=role, **fields)
    return made


async def as_user(api: RunningApi, user: dict[str, Any], method: str, path: str, **body: Any) -> int:
    token = await api.new_token(user_id=user["id"])
    return (await api.ask(method, path, body, headers={"Authorization": token})).status


async def test_a_team_has_members_and_users_say_their_teams(api: RunningApi):
    alice, bob = await a_user(api), await a_user(api)

    team = await api.post("teams/", name="ops", email="ops@example.org", members=[alice["id"], bob["id"]])

    of_oncall = {"id", "grafana_id", "name", "email", "avatar_url"}
    assert set(team) == of_oncall | {"members", "acknowledge_reminder", "is_sharing_resources_to_all"}
    assert sorted(team["members"]) == sorted([alice["id"], bob["id"]])
    assert (await api.get(f"users/{alice['id']}"))["teams"] == [team["id"]]
    await api.put(f"teams/{team['id']}/", members=[bob["id"]])
    await api.put(f"users/{bob['id']}/", name="Bob")
    assert (await api.get("teams", name="ops"))["results"][0]["members"] == [bob["id"]]
    await api.put(f"users/{alice['id']}", teams=[team["id"]])
    assert sorted((await api.get(f"teams/{team['id']}"))["members"]) == sorted([alice["id"], bob["id"]])


async def test_a_deleted_team_owns_nothing_and_has_no_members(api: RunningApi):
    alice = await a_user(api)
    team = await api.post("teams/", name="ops", members=[alice["id"]])
    chain = await api.post("escalation_chains/", name="ops", team_id=team["id"])

    await api.delete(f"teams/{team['id']}/")

    assert (await api.get(f"escalation_chains/{chain['id']}"))["team_id"] is None
    assert (await api.get(f"users/{alice['id']}"))["teams"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "ops"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "members": ["UNONE"]}, "members"),
        ({"name": "x", "members": "alice"}, "members"),
    ],
)
async def test_a_team_that_is_not_valid_is_refused_by_name(api: RunningApi, body: dict[str, Any], field: str):
    await api.post("teams/", name="ops")

    assert list(await api.refused("POST", "teams/", body)) == [field]


async def test_viewers_read_editors_act_and_admins_configure(api: RunningApi):
    viewer, editor, admin = [await a_user(api, role) for role in ("viewer", "editor", "admin")]

    for user, expected in ((viewer, [200, 403, 403]), (editor, [200, 404, 403]), (admin, [200, 404, 201])):
        answers = [
            await as_user(api, user, "GET", "integrations"),
            await as_user(api, user, "POST", "alert_groups/INONE/acknowledge"),
            await as_user(api, user, "POST", "escalation_chains", name=uuid.uuid4().hex),
        ]
        assert answers == expected


async def test_everybody_looks_after_his_own_rules_and_only_admins_after_those_of_others(api: RunningApi):
    viewer, editor, admin = [await a_user(api, role) for role in ("viewer", "editor", "admin")]
    path = "personal_notification_rules/"
    rule = await api.post(path, user_id=viewer["id"], type="wait")

    assert await as_user(api, viewer, "POST", path, user_id=viewer["id"], type="notify_by_email") == 201
    assert await as_user(api, viewer, "PUT", f"{path}{rule['id']}", duration=600) == 200
    assert await as_user(api, editor, "POST", path, user_id=viewer["id"], type="wait") == 403
    assert await as_user(api, editor, "PUT", f"{path}{rule['id']}", duration=60) == 403
    assert await as_user(api, editor, "DELETE", f"{path}{rule['id']}") == 403
    assert await as_user(api, admin, "DELETE", f"{path}{rule['id']}") == 204


async def test_a_token_for_reading_writes_nothing_not_even_what_is_its_own(api: RunningApi):
    viewer = await a_user(api, "viewer")
    token = await api.new_token(user_id=viewer["id"], scope="read")
    body = {"user_id": viewer["id"], "type": "wait"}

    refused = await api.ask("POST", "personal_notification_rules", body, headers={"Authorization": token})

    assert refused.status == 403


async def test_roles_are_filtered_by_word_and_number_also_several(api: RunningApi):
    names = [(await a_user(api, role))["username"] for role in ("viewer", "editor", "admin")]

    async def found(*roles: str) -> list[str]:
        params = [("roles", one) for one in roles]
        reply = await api.ask("GET", "users/", params=params)
        return [one["username"] for one in reply.body["results"]]

    assert await found("2") == await found("observer") == names[:1]
    assert await found("0", "editor") == names[1:]
