"""Other clients of OnCall's public API: tool servers and command lines that list groups, scripts that move shifts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from tests.integration.api.api_running import RunningApi
from tests.integration.api.clients import go_structs
from tests.integration.api.clients.go_client import ClientError, GoClient
from tests.integration.api.one_of_each import an_api_of_its_own, one_of_each

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
EVER = "2020-01-01T00:00:00_2100-01-01T00:00:00"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with an_api_of_its_own(servers, tmp_path_factory.mktemp("others")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ids(api: RunningApi) -> dict[str, str]:
    return await one_of_each(api)


@pytest.fixture
def client(api: RunningApi) -> GoClient:
    return GoClient(api)


async def test_a_tool_server_reads_groups_schedules_and_who_is_on_call(client: GoClient, ids: dict[str, str]):
    group = await client.get("alert_groups", ids["alert_groups"])
    assert (group.id, group.alerts_count, group.state, group.resolved_at) == ("IONE", 1, "firing", "")
    assert group.permalinks["web"].startswith("https://")
    resolved = await client.get("alert_groups", "IOTHER")
    assert resolved.resolved_at.endswith("Z")

    by_team = await client.one("schedules", team_id=ids["teams"])
    schedule = await client.get("schedules", by_team.id)
    on_call = [await client.get("users", one) for one in schedule.on_call_now]
    assert [one.username for one in on_call] == ["alice"]
    shift = await client.get("on_call_shifts", schedule.shifts[0])
    assert (shift.type, shift.start, shift.rolling_users) == ("recurrent_event", "2026-01-05T09:00:00", None)


@pytest.mark.parametrize(
    ("filter", "finds", "misses"),
    [
        ("id", "{alert_groups}", "INONE"),
        ("route_id", "{routes}", "RNONE"),
        ("integration_id", "{integrations}", "CNONE"),
        ("team_id", "{teams}", "TNONE"),
        ("state", "firing", "silenced"),
        ("started_at", EVER, "2020-01-01T00:00:00_2020-01-02T00:00:00"),
        ("label", "env:prod", "env:test"),
        ("name", "DISKF", "d.sk"),
    ],
)
async def test_a_tool_server_filters_groups(
    client: GoClient, ids: dict[str, str], filter: str, finds: str, misses: str
):
    assert "IONE" in [
        one.id for one in (await client.page("alert_groups", **{filter: finds.format(**ids)}))[0]
    ]
    assert await client.page("alert_groups", **{filter: misses}) == ([], None)


async def test_a_name_that_no_title_can_have_is_refused(client: GoClient):
    with pytest.raises(ClientError, match="zero character") as refused:
        await client.page("alert_groups", name="disk\0")

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([("integration_id", "{integrations}"), ("integration_id", "COTHER")], {"IONE", "IOTHER"}),
        ([("team_id", "{teams}"), ("team_id", "TNONE")], {"IONE"}),
        ([("team_id", "{teams}"), ("team_id", "null")], {"IONE", "IOTHER"}),
        ([("team_id", "null")], {"IOTHER"}),
        ([("team_id", "{teams}"), ("integration_id", "COTHER")], set()),
        ([("team_id", "null"), ("integration_id", "COTHER")], {"IOTHER"}),
        ([("state", "firing"), ("state", "resolved")], {"IONE", "IOTHER"}),
    ],
)
async def test_of_a_filter_that_is_repeated_one_value_must_hold(
    api: RunningApi, ids: dict[str, str], asked: list[tuple[str, str]], found: set[str]
):
    params = [(name, value.format(**ids)) for name, value in asked]

    reply = await api.ask("GET", "alert_groups/", params=params)

    assert {one["id"] for one in reply.body["results"]} == found


async def test_a_command_line_asks_who_it_is_and_reads_one_of_everything(
    client: GoClient, api: RunningApi, ids: dict[str, str]
):
    own = await api.new_token(user_id=ids["users"])
    reply = await api.ask("GET", "users/current/", headers={"Authorization": f"Bearer {own}"})
    assert go_structs.User.model_validate(reply.body).id == ids["users"]
    assert [one["id"] for one in (await client.ask("GET", "organizations/"))["results"]] == ["O1TOCSIN"]
    for name in (
        "integrations",
        "escalation_chains",
        "escalation_policies",
        "routes",
        "schedules",
        "webhooks",
    ):
        assert (await client.get(name, ids[name])).id == ids[name]
    note = await client.get("resolution_notes", ids["resolution_notes"])
    assert (note.text, note.alert_group_id, note.author) == ("restarted", "IONE", ids["users"])
    alert = await client.ask("GET", f"alerts/{ids['alerts']}/")
    assert alert["alert_group_id"] == "IONE"


async def test_a_command_line_reads_the_shifts_of_some_days(client: GoClient, ids: dict[str, str]):
    days = {"start_date": "2026-02-02", "end_date": "2026-02-03"}

    page = await client.ask("GET", f"schedules/{ids['schedules']}/final_shifts/", **days)

    names = ("user_pk", "user_email", "user_username", "shift_start", "shift_end")
    assert page["next"] is None
    people = {tuple(one[name] for name in names[:3]) for one in page["results"]}
    assert people == {(ids["users"], "alice@example.org", "alice")}
    assert all(isinstance(one[name], str) for one in page["results"] for name in names)


async def test_a_script_moves_every_shift_by_an_hour_and_changes_nothing_else(
    api: RunningApi, ids: dict[str, str]
):
    shifts: list[dict[str, Any]] = (await api.get("on_call_shifts/", perpage="100"))["results"]
    for one in shifts:
        start = datetime.fromisoformat(one["start"]) - timedelta(hours=1)
        moved = await api.put(f"on_call_shifts/{one['id']}", start=start.isoformat())
        back = await api.put(f"on_call_shifts/{one['id']}", start=one["start"])

        assert moved == {**one, "start": start.isoformat()}
        assert back == one
