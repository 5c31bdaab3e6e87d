"""The Alertmanager API v2: what is taken, what is completed, what is refused by name, and what filters choose."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alertmanager_api import RESOLVE_TIMEOUT, alert_groups, matchers_of, parts_of
from shared.errors import Permanent
from shared.integrations.integration_type import NotAnAlert
from tests.support.build import NOON, minute

LABELS = {"alertname": "DiskFull", "instance": "db1:9100", "job": "node"}


def alert(**fields: Any) -> dict[str, Any]:
    return {"labels": LABELS, "generatorURL": "http://prometheus:9090/graph", **fields}


def test_an_alert_that_names_no_end_fires_for_five_minutes():
    (part,) = parts_of([alert()], NOON)

    assert part.ends_at == NOON + RESOLVE_TIMEOUT
    assert part.payload["status"] == "firing"
    assert part.payload["groupKey"] == '{}:{alertname="DiskFull", job="node"}'
    assert part.payload["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"


def test_an_end_that_has_come_is_a_resolve_of_the_same_instance():
    (fired,) = parts_of([alert(endsAt="2026-05-04T12:04:00Z")], NOON)
    (over,) = parts_of([alert(startsAt="2026-05-04T11:00:00Z", endsAt="2026-05-04T12:00:00Z")], minute(1))

    assert (fired.ends_at, over.ends_at) == (minute(4), None)
    assert over.payload["status"] == "resolved"
    assert fired.instance == over.instance


def test_instances_differ_by_their_labels_and_share_the_group_of_their_name_and_job():
    one, other = parts_of([alert(), alert(labels={**LABELS, "instance": "db2:9100"})], NOON)

    assert one.instance != other.instance
    assert one.payload["groupKey"] == other.payload["groupKey"]


def test_the_zero_times_of_amtool_are_none():
    (part,) = parts_of([alert(startsAt="0001-01-01T00:00:00.000Z", endsAt="0001-01-01T00:00:00.000Z")], NOON)

    assert (part.payload["status"], part.ends_at) == ("firing", NOON + RESOLVE_TIMEOUT)


def test_labels_without_a_value_are_none():
    (part,) = parts_of([alert(labels={**LABELS, "zone": ""})], NOON)

    assert "zone" not in part.payload["commonLabels"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "must be a list"),
        ([5], r"\[0\] must be an object"),
        ([{}], r"\[0\].labels"),
        ([alert(), alert(labels={"a": ""})], r"\[1\].labels"),
        ([alert(labels={"a b": "x"})], r"labels.a b"),
        ([alert(labels={"a": 1})], r"labels.a"),
        ([alert(labels=[])], r"labels"),
        ([alert(annotations={"a": None})], r"annotations.a"),
        ([alert(startsAt="noon")], "startsAt"),
        ([alert(endsAt=5)], "endsAt"),
        ([alert(startsAt="2026-05-04T12:00:00Z", endsAt="2026-05-04T11:00:00Z")], "endsAt"),
        ([alert(startsAt="9999-12-31T23:59:59-12:00")], "startsAt"),
        ([alert(generatorURL=5)], "generatorURL"),
        ([alert()] * 1001, "at most"),
    ],
)
def test_a_wrong_body_is_refused_by_the_name_of_the_field(body: Any, named: str):
    with pytest.raises(Permanent, match=named):
        parts_of(body, NOON)


def test_an_empty_list_is_no_alert():
    with pytest.raises(NotAnAlert):
        parts_of([], NOON)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
FIELDS = st.sampled_from(["labels", "annotations", "startsAt", "endsAt", "generatorURL"])


@given(st.lists(JSON | st.dictionaries(FIELDS, JSON, max_size=5), max_size=3))
def test_any_list_is_taken_or_refused(body: list[Any]):
    try:
        parts_of(body, NOON)
    except (Permanent, NotAnAlert):
        return


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('alertname="DiskFull"', ("alertname", "=", "DiskFull")),
        ("job!=node", ("job", "!=", "node")),
        ('instance=~"db.*"', ("instance", "=~", "db.*")),
        ('instance !~ "a\\"b"', ("instance", "!~", 'a"b')),
    ],
)
def test_a_filter_is_a_matcher(text: str, found: tuple[str, str, str]):
    assert matchers_of([text]) == [found]


def test_a_filter_that_is_no_matcher_is_refused():
    with pytest.raises(Permanent, match="filter"):
        matchers_of(["alertname"])


def test_groups_are_by_the_labels_that_group_here():
    listed = [{"labels": {**LABELS, "instance": name}} for name in ("db1", "db2")]

    (group,) = alert_groups(listed)
    assert group["labels"] == {"alertname": "DiskFull", "job": "node"}
    assert len(group["alerts"]) == 2
