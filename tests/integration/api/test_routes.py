"""Routes over the public API: order, the default route, expressions, and partial writes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration


async def positions(api: RunningApi, integration_id: str) -> list[tuple[str, int]]:
    found = (await api.get("routes", integration_id=integration_id))["results"]
    return [(one["routing_regex"], one["position"]) for one in found if not one["is_the_last_route"]]


@pytest.fixture
async def integration(api: RunningApi) -> dict[str, Any]:
    return await api.post("integrations/", type="webhook", name="web")


async def test_a_route_reads_back_as_terraform_wrote_it(api: RunningApi, integration: dict[str, Any]):
    made = await api.post(
        "routes/",
        integration_id=integration["id"],
        escalation_chain_id=None,
        position=0,
        routing_type="jinja2",
        routing_regex="{{ payload.x }}",
        manual_order=True,
        slack={"channel_id": "C1", "enabled": True},
        telegram={"id": None, "enabled": False},
        msteams={"id": None, "enabled": False},
    )

    assert await api.get(f"routes/{made['id']}") == made
    assert made | {"id": ""} == {
        "id": "",
        "integration_id": integration["id"],
        "escalation_chain_id": None,
        "routing_type": "jinja2",
        "routing_regex": "{{ payload.x }}",
        "filtering_labels": [],
        "position": 0,
        "is_the_last_route": False,
        "slack": {"channel_id": "C1", "enabled": True},
        "telegram": {"id": None, "enabled": False},
        "msteams": {"id": None, "enabled": False},
        "mattermost": {"id": None, "enabled": False},
    }


async def test_the_default_route_comes_last_and_cannot_be_deleted(
    api: RunningApi, integration: dict[str, Any]
):
    await api.post("routes/", integration_id=integration["id"], routing_regex="a")

    listed = (await api.get("routes/", integration_id=integration["id"]))["results"]

    assert [one["is_the_last_route"] for one in listed] == [False, True]
    assert listed[-1]["id"] == integration["default_route"]["id"]
    assert "detail" in await api.refused("DELETE", f"routes/{listed[-1]['id']}/")


async def test_a_new_route_goes_last_and_a_given_position_makes_room(
    api: RunningApi, integration: dict[str, Any]
):
    for text in ("a", "b"):
        await api.post("routes/", integration_id=integration["id"], routing_regex=text)
    await api.post("routes/", integration_id=integration["id"], routing_regex="c", position=0)
    await api.post("routes/", integration_id=integration["id"], routing_regex="d", position=-1)

    assert await positions(api, integration["id"]) == [("c", 0), ("a", 1), ("b", 2), ("d", 3)]


async def test_manual_order_swaps_with_the_holder(api: RunningApi, integration: dict[str, Any]):
    made = [await api.post("routes/", integration_id=integration["id"], routing_regex=text) for text in "abc"]

    await api.put(f"routes/{made[0]['id']}/", position=2, manual_order=True)
    assert await positions(api, integration["id"]) == [("c", 0), ("b", 1), ("a", 2)]
    await api.put(f"routes/{made[0]['id']}/", position=0)
    assert await positions(api, integration["id"]) == [("a", 0), ("c", 1), ("b", 2)]


async def test_parallel_creates_with_manual_order_keep_their_places(
    api: RunningApi, integration: dict[str, Any]
):
    wanted = list(range(10))
    await asyncio.gather(
        *(
            api.post(
                "routes/",
                integration_id=integration["id"],
                routing_regex=str(place),
                position=place,
                manual_order=True,
            )
            for place in reversed(wanted)
        )
    )

    assert await positions(api, integration["id"]) == [(str(place), place) for place in wanted]


async def test_a_delete_renumbers_nothing_and_a_place_past_the_end_stays(
    api: RunningApi, integration: dict[str, Any]
):
    made = [await api.post("routes/", integration_id=integration["id"], routing_regex=text) for text in "ab"]
    await api.post(
        "routes", integration_id=integration["id"], routing_regex="z", position=7, manual_order=True
    )

    await api.delete(f"routes/{made[0]['id']}/")

    assert await positions(api, integration["id"]) == [("b", 1), ("z", 7)]


async def test_a_write_of_the_chain_alone_leaves_the_rest(api: RunningApi, integration: dict[str, Any]):
    chain = await api.post("escalation_chains/", name="ops")
    made = await api.post(
        "routes/", integration_id=integration["id"], routing_regex="a", slack={"enabled": False}
    )

    changed = await api.put(f"routes/{made['id']}", escalation_chain_id=chain["id"])

    assert changed == made | {"escalation_chain_id": chain["id"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"routing_regex": "("}, "routing_regex"),
        ({"routing_type": "jinja2", "routing_regex": "{{ x"}, "routing_regex"),
        ({"routing_type": "label", "routing_regex": "x"}, "routing_type"),
        ({"routing_type": "labels", "routing_regex": "x"}, "filtering_labels"),
        ({"routing_type": "labels", "filtering_labels": [{"key": "", "value": "x"}]}, "filtering_labels"),
        ({"routing_type": "labels", "filtering_labels": [{"key": "a"}]}, "filtering_labels"),
        ({"routing_regex": "x" * 1025}, "routing_regex"),
        ({"escalation_chain_id": "FNONE"}, "escalation_chain_id"),
        ({"integration_id": "CNONE"}, "integration_id"),
        ({"integration_id": None}, "integration_id"),
        ({"position": -2}, "position"),
        ({"position": "1"}, "position"),
        ({"slack": "on"}, "slack"),
    ],
)
async def test_what_is_not_valid_is_refused_by_name(
    api: RunningApi, integration: dict[str, Any], body: dict[str, Any], field: str
):
    refused = await api.refused("POST", "routes/", {"integration_id": integration["id"], **body})

    assert list(refused) == [field]
