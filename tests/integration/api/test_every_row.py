"""Every endpoint, filter and field that clients of OnCall's public API know, row by row as its reference lists them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from services.api.specification import openapi
from tests.integration.api.api_running import RunningApi
from tests.integration.api.one_of_each import (
    GROUP_ID,
    OTHER_GROUP_ID,
    an_api_of_its_own,
    in_hours,
    one_of_each,
)
from tests.integration.api.rows import LISTED, MOVING, ROWS, WRITTEN

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
BASE = "/api/v1/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    """One api for the module; what tests change they make themselves."""
    async with an_api_of_its_own(servers, tmp_path_factory.mktemp("rows")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ids(api: RunningApi) -> dict[str, str]:
    """The ids of one object of each kind."""
    made = await one_of_each(api)
    return {**made, "soon": in_hours(1), "late": in_hours(1000)}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi()


@pytest.mark.parametrize("name", ROWS)
async def test_every_row_has_its_endpoints_and_they_are_described(name: str, document: dict[str, Any]):
    for one in ROWS[name].endpoints:
        method, path = one.split()
        assert method.lower() in document["paths"].get(f"{BASE}{path}", {}), one


@pytest.mark.parametrize("name", LISTED)
async def test_every_filter_is_described(name: str, document: dict[str, Any]):
    parameters = {one["name"] for one in document["paths"][f"{BASE}{name}"]["get"]["parameters"]}

    assert set(ROWS[name].filters) | {"page", "perpage"} <= parameters


@pytest.mark.parametrize("name", LISTED)
async def test_lists_show_the_fields_that_clients_read_and_are_as_described(
    api: RunningApi, ids: dict[str, str], document: dict[str, Any], name: str
):
    page = await api.get(f"{name}/")

    listed = next(one for one in page["results"] if one[ROWS[name].key] == ids.get(name, "O1TOCSIN"))
    assert set(ROWS[name].fields.split()) - set(listed) == set()
    described = document["paths"][f"{BASE}{name}"]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema.validate(page, {**described["schema"], "components": document["components"]})
    if f"GET {name}/{{id}}" in ROWS[name].endpoints:
        read = await api.get(f"{name}/{listed['id']}/")
        assert {key: read[key] for key in read if key not in MOVING} == {
            key: listed[key] for key in listed if key not in MOVING
        }


@pytest.mark.parametrize(
    ("name", "filter"), [(name, filter) for name in LISTED for filter in ROWS[name].filters]
)
async def test_a_filter_finds_what_it_names_and_nothing_else(
    api: RunningApi, ids: dict[str, str], name: str, filter: str
):
    finds, misses = (one.format(**ids) for one in ROWS[name].filters[filter])

    async def found(value: str) -> list[str]:
        return [one[ROWS[name].key] for one in (await api.get(name, **{filter: value}))["results"]]

    if finds:
        assert ids[name] in await found(finds)
    if misses:
        assert ids[name] not in await found(misses)


async def test_what_stands_inside_of_objects_is_whole(api: RunningApi, ids: dict[str, str]):
    async def one(name: str) -> Any:
        return await api.get(f"{name}/{ids[name]}")

    group, integration, route = await one("alert_groups"), await one("integrations"), await one("routes")

    assert set(group["permalinks"]) >= {"slack", "slack_app", "telegram", "web"}
    assert set(group["last_alert"]) == {"id", "alert_group_id", "created_at", "payload"}
    assert group["labels"][0] == {
        "key": {"id": "env", "name": "env"},
        "value": {"id": "prod", "name": "prod"},
    }
    assert group["team_id"] == ids["teams"]
    assert integration["heartbeat"]["link"].startswith("https://")
    assert set(integration["default_route"]) >= {"id", "escalation_chain_id", "slack", "telegram"}
    for target in (integration["default_route"], route):
        assert target["slack"] == {"channel_id": None, "enabled": True}
        assert target["telegram"] == {"id": None, "enabled": False}
    assert (await one("users"))["slack"] == {"user_id": "U012", "team_id": "T012"}
    assert (await one("user_groups"))["slack"] == {"id": "S012", "name": "Databases", "handle": "dba"}
    assert set((await one("schedules"))["slack"]) == {"channel_id", "user_group_id"}


async def test_of_several_states_one_must_hold_and_of_several_labels_all(
    api: RunningApi, ids: dict[str, str]
):
    async def found(query: str) -> list[str]:
        reply = await api.ask("GET", f"alert_groups/?{query}")
        return sorted(one["id"] for one in reply.body["results"])

    assert await found("state=new&state=resolved") == [GROUP_ID, OTHER_GROUP_ID]
    assert await found("state=acknowledged&state=silenced") == []
    assert await found("label=service:db&label=env:prod") == [GROUP_ID]
    assert await found("label=service:db&label=env:dev") == []
    assert await found("team_id=null") == [OTHER_GROUP_ID]


async def test_alert_groups_come_in_pages(api: RunningApi, ids: dict[str, str]):
    first = await api.get("alert_groups/", perpage="1")
    second = (await api.ask("GET", first["next"].removeprefix(api.url))).body

    assert (first["count"], first["total_pages"], second["next"]) == (2, 2, None)
    assert {one["id"] for page in (first, second) for one in page["results"]} == {GROUP_ID, OTHER_GROUP_ID}


async def test_the_short_form_of_users_drops_what_is_long(api: RunningApi, ids: dict[str, str]):
    listed = (await api.get("users", short="true"))["results"]

    assert listed
    assert all(not {"slack", "timezone", "teams"} & set(one) for one in listed)


async def test_runs_of_a_webhook_are_listed_though_nothing_was_called(api: RunningApi, ids: dict[str, str]):
    runs = await api.get(f"webhooks/{ids['webhooks']}/responses/")

    assert [one["id"] for one in runs["results"]] == [ids["runs"]]
    assert {
        "timestamp",
        "url",
        "request_trigger",
        "request_headers",
        "request_data",
        "status_code",
        "content",
    } <= set(runs["results"][0])


@pytest.mark.parametrize("name", [one for one in WRITTEN if one != "resolution_notes"])
async def test_what_was_read_can_be_written_back_and_an_empty_patch_changes_nothing(
    api: RunningApi, ids: dict[str, str], name: str
):
    url = f"{name}/{ids[name]}"
    before = await api.get(url)

    patched = await api.ask("PATCH", url, {})
    put = await api.ask("PUT", f"{url}/", before)

    for reply in (patched, put):
        assert reply.status == 200, reply
        assert {key: reply.body[key] for key in before if key not in MOVING} == {
            key: before[key] for key in before if key not in MOVING
        }


@pytest.mark.parametrize("name", WRITTEN)
async def test_an_empty_creation_is_refused_by_field_and_what_is_not_there_is_404(api: RunningApi, name: str):
    refused = await api.refused("POST", f"{name}/", {})

    assert refused
    assert all(
        isinstance(one, list) and all(isinstance(text, str) for text in one) for one in refused.values()
    )
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {} if method in ("PUT", "PATCH") else None
        assert await api.refused(method, f"{name}/XNONE/", body, status=404) == {"detail": "Not found."}


@pytest.mark.parametrize("name", [one for one in WRITTEN if one != "resolution_notes"])
async def test_deleted_once_is_gone(api: RunningApi, name: str):
    """Of each kind another one is made, for the other tests keep theirs."""
    ids = await _another(api, name)

    await api.delete(f"{name}/{ids}")

    assert await api.refused("GET", f"{name}/{ids}", status=404) == {"detail": "Not found."}
    assert await api.refused("DELETE", f"{name}/{ids}/", status=404) == {"detail": "Not found."}


async def _another(api: RunningApi, name: str) -> str:
    user = await api.post("users/", username=f"for {name}")
    chain = await api.post("escalation_chains/", name=f"for {name}")
    integration = await api.post("integrations/", type="webhook", name=f"for {name}")
    schedule = await api.post("schedules/", name=f"for {name}", type="web")
    shift = {"type": "single_event", "start": "2026-01-05T09:00:00", "duration": 60}
    bodies: dict[str, dict[str, Any]] = {
        "integrations": {"type": "webhook", "name": "another"},
        "routes": {"integration_id": integration["id"], "routing_regex": "{{ true }}"},
        "escalation_chains": {"name": "another"},
        "escalation_policies": {"escalation_chain_id": chain["id"], "type": "wait"},
        "personal_notification_rules": {"user_id": user["id"], "type": "notify_by_email"},
        "on_call_shifts": {**shift, "name": "another"},
        "schedules": {"name": "another", "type": "web"},
        "shift_swaps": {
            "schedule": schedule["id"],
            "beneficiary": user["id"],
            "swap_start": in_hours(1),
            "swap_end": in_hours(2),
        },
        "webhooks": {"name": "another", "url": "https://x.example/"},
        "actions": {"name": "another", "url": "https://x.example/"},
    }
    return str((await api.post(f"{name}/", **bodies[name]))["id"])
