"""The heartbeat of an integration over the public API: what is set, what is known, and the same in a declaration."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.heartbeats import Heartbeat
from shared.domain.model import Problem
from shared.domain.problems import text_digest
from shared.store.heartbeats import Heartbeats, HeartbeatWrite
from shared.store.problems import Problems
from tests.integration.api.api_running import RunningApi
from tests.support.build import NOON

pytestmark = pytest.mark.integration
BARE = {"title": None, "message": None}


async def made(api: RunningApi, **heartbeat: Any) -> dict[str, Any]:
    """Return a new integration."""
    found: dict[str, Any] = await api.post("integrations/", type="webhook", heartbeat=heartbeat)
    return found


async def known(api: RunningApi, integration_id: str, **fields: Any) -> None:
    """Store a heartbeat as the heartbeat service would."""
    one = Heartbeat(id=integration_id, timeout_s=600, last_seen_at=NOON, **fields)
    await Heartbeats(api.store).save([HeartbeatWrite(one, None, 1, (), NOON)])


async def test_a_heartbeat_that_nobody_set_has_the_usual_timeout_and_was_never_seen(api: RunningApi):
    one = await api.post("integrations/", type="webhook")

    assert one["heartbeat"] == {
        "link": f"{one['link']}heartbeat/",
        "timeout_seconds": 600,
        "status": "never_seen",
        "last_heartbeat_at": None,
        "templates": {"expired": BARE, "restored": BARE},
    }


async def test_what_is_written_reads_back_and_null_is_the_default_again(api: RunningApi):
    texts = {"expired": {"title": "{{ integration_name }} is mute", "message": None}}
    one = await made(api, timeout_seconds=90, templates=texts)
    path = f"integrations/{one['id']}/"

    assert one["heartbeat"]["timeout_seconds"] == 90
    assert one["heartbeat"]["templates"] == {**texts, "restored": BARE}
    assert await api.put(path, heartbeat=one["heartbeat"]) == one
    more = await api.put(path, heartbeat={"templates": {"restored": {"message": "ok"}}})
    assert more["heartbeat"]["templates"] == {**texts, "restored": {"title": None, "message": "ok"}}
    assert more["heartbeat"]["timeout_seconds"] == 90
    bare = await api.put(path, heartbeat={"timeout_seconds": None, "templates": {"expired": None}})
    assert (bare["heartbeat"]["timeout_seconds"], bare["heartbeat"]["templates"]["expired"]) == (600, BARE)


@pytest.mark.parametrize(
    ("heartbeat", "says"),
    [
        ({"timeout_seconds": 59}, "60 to 86400 seconds"),
        ({"timeout_seconds": 86_401}, "60 to 86400 seconds"),
        ({"timeout_seconds": "600"}, "timeout_seconds"),
        ({"timeout_seconds": 60.5}, "timeout_seconds"),
        ({"templates": {"expired": {"title": "{{ x"}}}, "templates.expired.title: "),
        ({"templates": {"restored": {"message": 1}}}, "templates.restored.message"),
    ],
)
async def test_a_heartbeat_that_cannot_be_is_refused_by_name(
    api: RunningApi, heartbeat: dict[str, Any], says: str
):
    refused = await api.refused("POST", "integrations/", {"type": "webhook", "heartbeat": heartbeat})

    assert says in str(refused["heartbeat"])


@pytest.mark.parametrize(
    ("fields", "status"), [({}, "alive"), ({"expired_at": NOON + timedelta(minutes=10)}, "expired")]
)
async def test_what_is_known_of_a_heartbeat_is_shown_with_its_integration(
    api: RunningApi, fields: dict[str, Any], status: str
):
    one = await made(api)
    await known(api, one["id"], **fields)

    shown = (await api.get(f"integrations/{one['id']}"))["heartbeat"]
    (listed,) = (await api.get("integrations"))["results"]

    assert (shown["status"], shown["last_heartbeat_at"]) == (status, "2026-05-04T12:00:00.000000Z")
    assert listed["heartbeat"] == shown


async def test_a_declaration_sets_a_heartbeat_and_one_without_it_puts_it_back(api: RunningApi):
    declared: dict[str, Any] = {"name": "P", "type": "webhook"}
    heartbeat = {"timeout": "10m", "expired": {"title": "mute"}}

    for written, seconds, title in (
        ({**declared, "heartbeat": {**heartbeat, "timeout": "2m"}}, 120, "mute"),
        ({**declared, "heartbeat": heartbeat}, 600, "mute"),
        (declared, 600, None),
    ):
        reply = await api.ask("POST", "config/apply", {"integrations": [written]})
        assert reply.status == 200, reply
        (one,) = (await api.get("integrations"))["results"]
        assert one["heartbeat"]["timeout_seconds"] == seconds
        assert one["heartbeat"]["templates"]["expired"]["title"] == title


async def test_a_declared_timeout_out_of_bounds_is_refused_where_it_stands(api: RunningApi):
    declared = {"integrations": [{"name": "P", "type": "webhook", "heartbeat": {"timeout": "2d"}}]}

    reply = await api.ask("POST", "config/apply", declared)

    assert reply.status == 400
    assert "60 to 86400 seconds" in str(reply.body)


async def test_a_problem_of_a_heartbeats_template_is_over_when_the_template_is_changed(api: RunningApi):
    broken = "{{ 1 / 0 }}"
    one = await made(api, templates={"expired": {"title": broken}})
    problems = [
        Problem(integration_id=one["id"], where=where, message="x", digest=text_digest(*texts))
        for where, texts in (("heartbeat.expired.title", [broken]), ("heartbeat.expired", [broken, ""]))
    ]
    await Problems(api.store).add(problems, NOON)
    path = f"integrations/{one['id']}"

    assert (await api.get(path))["problems"] == 2
    await api.put(path, heartbeat={"templates": {"expired": {"title": "mended"}}})
    assert (await api.get(path))["problems"] == 0
