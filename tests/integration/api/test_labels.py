"""Labels over the public API: those of an integration, those a route asks for, and the same in a declaration."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration


def label(key: str, value: str) -> dict[str, Any]:
    """Return a label as clients write and read it."""
    return {"key": {"id": key, "name": key}, "value": {"id": value, "name": value}}


async def apply(api: RunningApi, declared: dict[str, Any]) -> Any:
    """Apply a declaration of one integration."""
    reply = await api.ask("POST", "config/apply", {"integrations": [declared]})
    assert reply.status == 200, reply
    return reply.body


async def test_the_labels_of_an_integration_read_back_as_they_were_written(api: RunningApi):
    fields: dict[str, Any] = {
        "labels": [label("team", "db"), label("tier", "1")],
        "dynamic_labels": [label("host", "{{ payload.host }}")],
        "label_template": "{{ payload.labels | tojson }}",
    }
    made = await api.post("integrations/", type="webhook", **fields)
    path = f"integrations/{made['id']}/"

    assert {name: made[name] for name in fields} == fields
    assert await api.get(path) == made
    assert await api.put(path, description_short="x") == made | {"description_short": "x"}
    bare = await api.put(path, labels=[{"key": "a", "value": {"name": "b"}}], dynamic_labels=None)
    assert (bare["labels"], bare["dynamic_labels"]) == ([label("a", "b")], [])
    assert (await api.put(path, label_template="", labels=[]))["label_template"] is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"labels": [label("", "x")]}, "1 to 200"),
        ({"labels": [label("k" * 201, "x")]}, "1 to 200"),
        ({"labels": [label("k", "x" * 201)]}, "1 to 200"),
        ({"labels": [label("k", "None")]}, 'nor "none"'),
        ({"labels": [label("k", "")]}, "neither empty"),
        ({"labels": [label("k", "1"), label("k", "2")]}, "twice"),
        ({"labels": {"k": "v"}}, "list"),
        ({"dynamic_labels": [label("k", "{{ x")]}, "k: "),
        ({"label_template": "{% if %}"}, "(line 1)"),
    ],
)
async def test_a_label_that_breaks_a_rule_is_refused_by_name(
    api: RunningApi, body: dict[str, Any], says: str
):
    refused = await api.refused("POST", "integrations/", {"type": "webhook", **body})

    assert list(refused) == list(body)
    assert any(says in text for text in refused[next(iter(body))])


async def test_a_route_by_labels_reads_back_and_changes_its_kind(api: RunningApi):
    integration = await api.post("integrations/", type="webhook")
    wanted = [label("team", "db"), label("tier", "1")]

    made = await api.post(
        "routes/",
        integration_id=integration["id"],
        routing_type="labels",
        filtering_labels=wanted,
        routing_regex="ignored",
    )

    assert (made["routing_type"], made["routing_regex"]) == ("labels", "")
    assert made["filtering_labels"] == wanted
    assert await api.get(f"routes/{made['id']}") == made
    changed = await api.put(f"routes/{made['id']}", routing_type="jinja2", routing_regex="{{ 1 }}")
    assert (changed["filtering_labels"], changed["routing_regex"]) == ([], "{{ 1 }}")


async def test_a_declaration_writes_labels_by_key(api: RunningApi):
    declared = {
        "name": "labelled",
        "type": "webhook",
        "labels": {"team": "db", "tier": 1},
        "dynamic_labels": {"host": "{{ payload.host }}"},
        "label_template": "{}",
        "routes": [{"labels": {"team": "db"}}, {"regex": "x"}],
    }
    await apply(api, declared)
    made = (await api.get("integrations", name="labelled"))["results"][0]
    routes = (await api.get("routes", integration_id=made["id"]))["results"]

    assert made["labels"] == [label("team", "db"), label("tier", "1")]
    assert made["dynamic_labels"] == [label("host", "{{ payload.host }}")]
    assert made["label_template"] == "{}"
    assert [one["filtering_labels"] for one in routes] == [[label("team", "db")], [], []]
    again = await apply(api, declared)
    assert again["changes"] == []
    blank = {"name": "labelled", "type": "webhook", "routes": []}
    await apply(api, blank)
    emptied = await api.get(f"integrations/{made['id']}")
    assert (emptied["labels"], emptied["dynamic_labels"], emptied["label_template"]) == ([], [], None)


async def test_a_mistake_in_a_declared_label_is_told_with_its_place(api: RunningApi):
    declared = {"name": "x", "type": "webhook", "labels": {"k": "none"}}

    reply = await api.ask("POST", "config/apply", {"integrations": [declared]})

    assert reply.status == 400
    assert [one["path"] for one in reply.body["errors"]] == [["integrations", 0, "labels", "k"]]
