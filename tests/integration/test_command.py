"""The command line, against an api, a receiver and a recorder that run as processes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from tests.support import servers as shared_servers
from tests.support.stack import Stack, StackFailed, existing_services

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
NEEDED = ("api", "receiver", "recorder")
DECLARATION = """
users:
  - username: alice
    email: alice@example.org
chains:
  - name: ops
    steps:
      - { type: notify_persons, persons_to_notify: [alice] }
integrations:
  - name: Prometheus
    type: alertmanager
    token: knownknownknownknown1
    default_route: { chain: ops }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    instances = {name: int(name in NEEDED) for name in existing_services()}
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    with shared_servers.fresh_vhost(servers) as amqp_url:
        running = Stack(amqp_url, mongo_url, tmp_path_factory.mktemp("command"), instances)
        try:
            await running.start(DECLARATION)
            yield running
        finally:
            await running.stop()


async def failed(stack: Stack, *arguments: str) -> str:
    with pytest.raises(StackFailed) as failure:
        await stack.command(*arguments)
    return str(failure.value)


async def test_apply_shows_what_changes_and_applies_it(stack: Stack, tmp_path: Path):
    file = tmp_path / "more.yaml"
    file.write_text(DECLARATION.replace("alice@example.org", "alice@example.com") + "webhooks: []\n")

    shown = await stack.command("apply", "-f", str(file), "--dry-run")
    again = await stack.command("apply", "-f", str(file), "--dry-run")
    done = await stack.command("apply", "-f", str(file))
    after = await stack.command("apply", "-f", str(file))

    assert shown == again
    assert "~ users alice" in shown
    assert "'alice@example.org' -> 'alice@example.com'" in shown
    assert "1 changed" in done
    assert "0 changed" in after


async def test_apply_reads_a_folder_and_tells_mistakes_with_file_and_line(stack: Stack, tmp_path: Path):
    (tmp_path / "a.yaml").write_text("chains:\n  - name: ops\n")
    (tmp_path / "b.yaml").write_text(
        "integrations:\n  - name: Prometheus\n    type: alertmanager\n    templates:\n      slack:\n"
        "        title: '{{ payload.'\n    default_route: { chain: none }\n"
    )

    told = await failed(stack, "apply", "-f", str(tmp_path))

    assert f"{tmp_path}/b.yaml:6: integrations.0.templates.slack.title: " in told


async def test_apply_tells_a_misspelt_key_before_asking_anybody(stack: Stack, tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("users:\n  - username: a\n    emial: x\n")

    told = await failed(stack, "apply", "-f", str(file), "--url", "http://127.0.0.1:1")

    assert f"{file}:3: users.0.emial: this key is not known here" in told


async def test_send_by_name_or_by_token_and_trace(stack: Stack):
    by_name = await stack.command("send", "alertmanager", "--integration", "Prometheus", "-q", "--key", "one")
    by_token = await stack.command(
        "send", "alertmanager", "--token", "knownknownknownknown1", "-q", "--key", "one", "--resolved"
    )
    assert by_name == by_token

    traced = json.loads(await stack.command("trace", by_name.strip(), "-o", "json"))
    table = await stack.command("trace", by_name.strip())

    assert traced["stages"][0]["event_type"] == "alert.received.v1"
    assert table.splitlines()[0].split()[:3] == ["AT", "STAGE", "EVENT"]
    assert "receiver" in table
    assert "Not found" in await failed(stack, "trace", "00000000-0000-0000-0000-000000000000")


async def test_topology_and_queues_name_every_queue(stack: Stack):
    declared = (await stack.command("topology", "-q")).split()
    states = json.loads(await stack.command("queues", "-o", "json"))

    assert [one["name"] for one in states] == declared
    assert all(one["exists"] for one in states)
    assert "tocsin.router" in await stack.command("queues")


async def test_dead_letters_are_listed_shown_replayed_and_discarded(stack: Stack):
    assert json.loads(await stack.command("deadletter", "list", "-o", "json")) == []
    assert "Say which" in await failed(stack, "deadletter", "replay")
    assert await stack.command("deadletter", "discard", "--all", "-q") == ""
    assert "no dead letter" in await failed(stack, "deadletter", "show", "none")


async def test_a_token_for_a_user_acts_as_the_user(stack: Stack):
    token = (await stack.command("token", "create", "--user", "alice", "-q")).strip()

    assert len(token) == 64
    assert "no user named nobody" in await failed(stack, "token", "create", "--user", "nobody")


async def test_the_generated_documents_are_printed(stack: Stack):
    assert (await stack.command("openapi")).startswith("openapi: 3.1.0")


async def test_run_names_the_services_there_are(stack: Stack):
    told = await failed(stack, "run", "nothing")
    assert "receiver" in told
