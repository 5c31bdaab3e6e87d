"""`tocsin groups`: found by what they are, acted on one by one or many at once, each answered for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared.domain.configuration import Integration
from tests.integration.api.acting_running import a_firing_group, acting_api, now
from tests.integration.api.api_running import RunningApi
from tests.support.command_line import Done, tocsin

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    folder: Path = tmp_path_factory.mktemp("groups")
    async with acting_api(servers, folder) as running:
        yield running


async def groups(api: RunningApi, *arguments: str, given: str = "") -> Done:
    return await tocsin("groups", *arguments, url=api.url, token=api.token, given=given)


async def test_groups_are_listed_by_state_and_integration_and_shown(api: RunningApi):
    made = await api.post("integrations/", type="webhook", name="Disks")
    integration = Integration(id=made["id"], name="Disks", type="webhook", token_digest="")
    group = await a_firing_group(api, integration)
    other = await a_firing_group(api)

    table = await groups(api, "list", "--integration", integration.name)
    ids = await groups(api, "list", "--state", "firing", "-q")
    shown = await groups(api, "show", group.id)

    assert (table.code, shown.code) == (0, 0), table.err + shown.err
    assert table.out.split()[:4] == ["ID", "NUMBER", "STATE", "TITLE"]
    assert "DiskFull" in table.out
    assert integration.name in table.out
    assert other.id not in table.out
    assert {group.id, other.id} <= set(ids.out.split())
    assert f"id: {group.id}" in shown.out
    wide = await groups(api, "list", "-o", "wide")
    assert "LAST ALERT" in wide.out
    assert (await groups(api, "list", "--label", "no")).code == 1


async def test_many_groups_are_acted_on_in_one_go_and_each_refusal_is_told(api: RunningApi):
    first, second = await a_firing_group(api), await a_firing_group(api)

    done = await groups(api, "ack", "-", "-q", given=f"{first.id}\n{second.id}\n")

    assert (done.code, done.out.split()) == (0, [first.id, second.id]), done
    assert [(await now(api, one)).state for one in (first, second)] == ["acknowledged"] * 2
    again = await groups(api, "resolve", first.id, "no-such-group", "-o", "json")
    assert again.code == 1
    assert [one["outcome"] for one in again.json] == ["applied", "not_found"]
    assert "no-such-group: there is no such alert group" in again.err


async def test_a_group_goes_back_and_forth(api: RunningApi):
    group = await a_firing_group(api)

    for arguments, state in (
        (("silence", group.id, "--for", "2h"), "silenced"),
        (("unsilence", group.id), "firing"),
        (("resolve", group.id), "resolved"),
        (("unresolve", group.id), "firing"),
    ):
        done = await groups(api, *arguments)
        assert (done.code, (await now(api, group)).state) == (0, state), done
    assert (await groups(api, "unresolve", group.id)).code == 1
    assert "not a time span" in (await groups(api, "silence", group.id, "--for", "soon")).err
