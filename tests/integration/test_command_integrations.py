"""`tocsin integrations`, against every service of the line as processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pymongo
import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from deploy.local.servers import Servers
from shared.command.main import app_for
from tests.support import servers as shared_servers
from tests.support import vhosts
from tests.support.stack import Stack, existing_services

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
NEEDED = ("api", "receiver", "recorder", "router", "grouper", "renderer")
DECLARATION = """
integrations:
  - { name: Prometheus, type: alertmanager, token: knownknownknownknown1 }
  - name: Two words
    type: webhook
    authentication: { bearer: { token: secret } }
    rate_limit: { alerts_per_minute: 60, burst: 5 }
  - name: Never over
    type: webhook
    templates: { resolve_signal: "0" }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(
    servers: Servers, mongo_client: pymongo.MongoClient[Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    instances = {name: int(name in NEEDED) for name in existing_services()}
    database = shared_servers.fresh_name()
    mongo_url = shared_servers.with_database(servers.mongo_url, database)
    with vhosts.fresh_vhost(servers) as amqp_url:
        running = Stack(amqp_url, mongo_url, tmp_path_factory.mktemp("integrations"), instances)
        try:
            await running.start(DECLARATION)
            yield running
        finally:
            await running.stop()
            mongo_client.drop_database(database)


async def invoked(stack: Stack, *arguments: str) -> Result:
    """Run the command line in a thread of this process: the same application, without an interpreter each time."""
    environment = {"TOCSIN_API_TOKEN": stack.token, "TOCSIN_API_URL": stack.url("api")}
    return await asyncio.to_thread(CliRunner().invoke, app_for(arguments), arguments, env=environment)


async def command(stack: Stack, *arguments: str) -> str:
    found = await invoked(stack, *arguments)
    assert found.exit_code == 0, found.output
    return found.output


async def failed(stack: Stack, *arguments: str) -> str:
    found = await invoked(stack, "integrations", *arguments)
    assert found.exit_code == 1, found.output
    return found.output


async def as_json(stack: Stack, *arguments: str) -> Any:
    return json.loads(await command(stack, "integrations", *arguments, "-o", "json"))


async def test_list_show_and_types_print_what_was_asked_for(stack: Stack) -> None:
    listed = await command(stack, "integrations", "list")
    assert listed.split()[:4] == ["ID", "NAME", "TYPE", "PROBLEMS"]
    assert "Two words" in listed
    assert "secret" not in listed
    wide = await command(stack, "integrations", "list", "-o", "wide", "--type", "webhook")
    assert "60 a minute, 5 at once" in wide
    assert "Prometheus" not in wide
    ids = (await command(stack, "integrations", "list", "-q", "--name", "Two words")).split()
    assert [(await as_json(stack, "show", ids[0]))["id"]] == ids
    assert "authentication: bearer" in await command(stack, "integrations", "show", "Two words")
    assert "alertmanager" in (await command(stack, "integrations", "types", "-q")).split()
    assert "no-such" in await failed(stack, "show", "no-such")


async def test_create_prints_the_url_and_refuses_what_the_api_refuses(stack: Stack) -> None:
    made = await as_json(stack, "create", "webhook", "--name", "Made here")
    assert f"/integrations/v1/webhook/{made['link'].rstrip('/').rsplit('/', 1)[1]}/" in made["link"]
    assert "has this name" in await failed(stack, "create", "webhook", "--name", "Made here")
    assert "type: " in await failed(stack, "create", "nothing")


async def test_test_ends_well_only_when_the_demo_is_in_a_group_and_resolves_it(stack: Stack) -> None:
    shown = await command(stack, "integrations", "test", "Prometheus", "--resolve")
    assert "alert.received" in shown
    assert "resolved: [Demo] " in shown

    tested = await as_json(stack, "test", "Two words")
    [group] = tested["alert_groups"]
    assert (group["is_demo"], group["state"]) == (True, "firing")
    again = await as_json(stack, "test", "Two words")
    assert again["alert_groups"][0]["id"] != group["id"]


async def test_a_demo_never_joins_a_real_group(stack: Stack) -> None:
    real = (await command(stack, "send", "alertmanager", "--integration", "Prometheus", "-q")).strip()
    [demo] = (await command(stack, "integrations", "test", "Prometheus", "-q")).split()
    headers = {"Authorization": f"Bearer {stack.token}"}
    async with (
        aiohttp.ClientSession(stack.url("api"), headers=headers) as client,
        client.get("/api/v1/alert_groups") as answer,
    ):
        groups = {one["id"]: one for one in (await answer.json())["results"]}
    mine = next(one for one in groups.values() if one["last_alert"]["id"] == real)
    assert mine["id"] != demo
    assert (mine["is_demo"], groups[demo]["is_demo"]) == (False, True)
    assert groups[demo]["title"] == f"[Demo] {mine['title']}"


async def test_test_fails_when_the_resolved_example_does_not_resolve(stack: Stack) -> None:
    told = await failed(stack, "test", "Never over", "--resolve", "--timeout", "4")
    assert "did not resolve" in told


async def test_test_fails_when_the_alert_arrives_nowhere_and_names_the_last_stage(stack: Stack) -> None:
    assert await stack.stop_one("router") == 0
    try:
        told = await failed(stack, "test", "Prometheus", "--timeout", "1")
    finally:
        await stack.start_one("router")
    assert "in no alert group after 1 s: the last to tell of it is the api" in told


async def test_a_payload_of_one_s_own_is_tested(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text('{"title": "Mine", "alert_uid": "mine"}')
    [group] = (await as_json(stack, "test", "Never over", "--file", str(file)))["alert_groups"]
    assert group["last_alert"]["payload"]["title"] == "Mine"
    assert "cannot be read" in await failed(stack, "test", "Never over", "--file", str(tmp_path / "none"))


async def test_a_rotated_url_and_the_old_one_are_taken_until_it_is_revoked(stack: Stack) -> None:
    old = (await as_json(stack, "show", "Prometheus"))["link"]
    rotated = await as_json(stack, "rotate-token", "Prometheus", "--keep-old-for", "1h")
    new, [former] = rotated["link"], rotated["former"]
    assert new != old

    async with aiohttp.ClientSession() as client:
        await until_status(client, new, 200)
        assert await status_of(client, old) == 200
        await command(stack, "integrations", "revoke-token", "Prometheus", former["id"])
        await until_status(client, old, 403)
        assert await status_of(client, new) == 200
    assert "Not found" in await failed(stack, "revoke-token", "Prometheus", former["id"])
    assert (await as_json(stack, "tokens", "Prometheus"))["former"] == []


async def test_uses_of_a_former_url_are_counted_and_shown(stack: Stack) -> None:
    old = (await as_json(stack, "show", "Never over"))["link"]
    new = (await as_json(stack, "rotate-token", "Never over"))["link"]
    async with aiohttp.ClientSession() as client:
        await until_status(client, new, 200)
        for _ in range(3):
            assert await status_of(client, old) == 200
    async with asyncio.timeout(90):
        while (shown := await as_json(stack, "tokens", "Never over"))["former"][0]["uses"] < 3:
            await asyncio.sleep(0.2)
    assert shown["former"][0]["uses"] == 3
    assert "is still used" in await command(stack, "problems", "list", "--integration", "Never over")


async def status_of(client: aiohttp.ClientSession, link: str) -> int:
    async with client.post(link, json={"title": "T"}) as answer:
        return answer.status


async def until_status(client: aiohttp.ClientSession, link: str, status: int) -> None:
    """Wait until the receiver knows the newest configuration."""
    async with asyncio.timeout(60):
        while await status_of(client, link) != status:
            await asyncio.sleep(0.05)
