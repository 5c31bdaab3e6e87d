"""Whatever Terraform's provider for OnCall writes reads back as it was written: a second plan is empty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from tests.integration.api.api_running import RunningApi
from tests.integration.api.clients.go_client import ClientError, GoClient
from tests.integration.api.clients.terraform import kept, plan
from tests.integration.api.clients.terraform_cases import cases
from tests.integration.api.clients.terraform_resources import RESOURCES
from tests.integration.api.clients.world import World, a_world
from tests.integration.api.one_of_each import an_api_of_its_own

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
WORDS = ("alice", "bob", "team", "chain", "other_chain", "shift", "integration", "webhook", "schedule")
NAMES = tuple(cases({word: word for word in (*WORDS, "group", "channel")}))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with an_api_of_its_own(servers, tmp_path_factory.mktemp("terraform")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(api: RunningApi) -> World:
    return await a_world(api)


@pytest.fixture
def client(api: RunningApi) -> GoClient:
    return GoClient(api)


@pytest.mark.parametrize("name", NAMES)
async def test_a_resource_keeps_what_was_configured_to_its_end(client: GoClient, world: World, name: str):
    kind, configured, changed = cases(world)[name]

    await kept(client, RESOURCES[kind], configured, changed)


async def test_resources_that_are_made_at_once_keep_the_positions_that_were_asked_for(
    client: GoClient, world: World
):
    steps = RESOURCES["escalation"]
    chain = await client.create("escalation_chains", {"name": "parallel", "team_id": ""})
    wanted: list[dict[str, Any]] = [
        {"escalation_chain_id": chain.id, "position": place, "type": "wait", "duration": 60 + place}
        for place in range(10)
    ]

    made = await asyncio.gather(*(client.create(steps.path, steps.created(one)) for one in wanted))

    for one, configured in zip(made, wanted, strict=True):
        assert plan(configured, steps.state(await client.get(steps.path, one.id), configured)) == {}
    # The chain goes with its steps, and what Terraform deletes after it is gone already.
    await client.delete("escalation_chains", chain.id)
    with pytest.raises(ClientError, match="404"):
        await client.delete(steps.path, made[0].id)


async def test_labels_that_terraform_does_not_keep_stay(client: GoClient, world: World):
    integrations = RESOURCES["integration"]
    configured = {"name": "labelled", "type": "webhook", "default_route": {}}
    made = await client.create("integrations", integrations.created(configured))
    label = {"key": {"id": "", "name": "team"}, "value": {"id": "", "name": "x"}}
    await client.update("integrations", made.id, {"labels": [label]})

    await client.update("integrations", made.id, integrations.updated({**configured, "name": "renamed"}))

    found = await client.get("integrations", made.id)
    assert [(one.key.name, one.value.name) for one in found.labels] == [("team", "x")]


async def test_access_to_a_team_can_be_kept_open_and_is_never_said_to_be_closed(
    client: GoClient, world: World
):
    kept_open = await client.update("teams", world["team"], {"is_sharing_resources_to_all": True})
    with pytest.raises(ClientError, match="is_sharing_resources_to_all") as refused:
        await client.update("teams", world["team"], {"is_sharing_resources_to_all": False})

    assert refused.value.status == 400
    assert kept_open.is_sharing_resources_to_all
    assert (await client.get("teams", world["team"])).is_sharing_resources_to_all


async def test_a_mistake_is_told_in_words_that_the_client_can_print(client: GoClient, world: World):
    wrong = {**RESOURCES["escalation_chain"].created({"name": ""}), "team_id": "TNONE"}
    with pytest.raises(ClientError) as refused:
        await client.create("escalation_chains", wrong)

    assert refused.value.status == 400
    # What it prints: texts, lists of texts and objects of them.
    assert all(isinstance(one, str) for told in refused.value.body.values() for one in told)
