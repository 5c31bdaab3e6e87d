"""The data sources of Terraform's provider for OnCall find the one object that they look for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from tests.integration.api.api_running import RunningApi
from tests.integration.api.clients.go_client import ClientError, GoClient
from tests.integration.api.clients.world import World, a_world
from tests.integration.api.one_of_each import an_api_of_its_own

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with an_api_of_its_own(servers, tmp_path_factory.mktemp("sources")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(api: RunningApi) -> World:
    return await a_world(api)


@pytest.fixture
def client(api: RunningApi) -> GoClient:
    return GoClient(api)


@pytest.mark.parametrize(
    ("name", "filter", "value", "word"),
    [
        ("users", "username", "Alice", "alice"),
        ("teams", "name", "Databases", "team"),
        ("escalation_chains", "name", "ops", "chain"),
        ("schedules", "name", "primary", "schedule"),
        ("on_call_shifts", "name", "days", "shift"),
        ("webhooks", "name", "ticket", "webhook"),
        ("actions", "name", "ticket", "webhook"),
        ("user_groups", "slack_handle", "dba", "group"),
    ],
)
async def test_a_name_finds_one_object_and_a_part_of_it_none(
    client: GoClient, world: World, name: str, filter: str, value: str, word: str
):
    assert (await client.one(name, **{filter: value})).id == world[word]
    assert await client.page(name, **{filter: value[:-1]}) == ([], None)


async def test_what_is_computed_of_a_found_object_is_there(client: GoClient, world: World):
    user = await client.one("users", username="alice")
    assert (user.email, user.role) == ("Alice@Example.org", "admin")
    assert (await client.one("slack_channels", channel_name="alerts")).slack_id == world["channel"]
    assert (await client.one("user_groups", slack_handle="dba")).slack.id == "S012"
    shift = await client.one("on_call_shifts", name="days")
    assert (shift.type, shift.users, shift.frequency, shift.until) == (
        "recurrent_event",
        [world["bob"]],
        "daily",
        None,
    )
    integration = await client.get("integrations", world["integration"])
    assert (integration.name, integration.link[-1]) == ("prod", "/")
    with pytest.raises(ClientError, match="404"):
        await client.get("integrations", "CNONE")


async def test_a_route_is_found_by_its_integration_and_expression(client: GoClient, world: World):
    expression = "{{ payload.a == 'b' and 1 > 0 }}"
    made = await client.create(
        "routes",
        {
            "integration_id": world["integration"],
            "escalation_chain_id": world["chain"],
            "routing_regex": expression,
            "routing_type": "jinja2",
            "position": 0,
            "manual_order": True,
        },
    )

    query = {"integration_id": world["integration"], "routing_regex": expression}
    found = await client.one("routes", **query, page="1")

    assert (found.id, found.position, found.routing_type, found.escalation_chain_id) == (
        made.id,
        0,
        "jinja2",
        world["chain"],
    )


async def test_a_step_is_found_by_its_chain_and_position_among_all(client: GoClient, world: World):
    for place in range(51):
        body = {
            "escalation_chain_id": world["chain"],
            "type": "wait",
            "position": place,
            "duration": 60 + place,
        }
        await client.create("escalation_policies", {**body, "manual_order": True})

    found = [
        one
        for one in await client.all("escalation_policies")
        if (one.escalation_chain_id, one.position) == (world["chain"], 50)
    ]

    assert [(one.type, one.duration, one.important) for one in found] == [("wait", 110, None)]
