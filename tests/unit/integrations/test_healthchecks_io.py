"""Healthchecks.io: one group per check, whatever of the placeholders its user chose."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.healthchecks_io import example
from tests.unit.integrations.bodies import card, routed

SLUG = "healthchecks_io"
CODE = "803f680d-e89b-492b-82ef-2be7b774a92d"


def only(*names: str) -> Any:
    return lambda status: {name: example(status)[name] for name in names}


def json_alone(status: str) -> dict[str, Any]:
    return {**example(status)["check"], "uuid": CODE}


SHAPES = [
    pytest.param(example, id="notes"),
    pytest.param(only("check"), id="nested"),
    pytest.param(json_alone, id="json-alone"),
    pytest.param(only("name", "code", "status"), id="query"),
    pytest.param(only("name", "status"), id="name-alone"),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_check_that_is_down_is_named_and_up_resolves_it(shape: Any) -> None:
    down, up = routed(SLUG, shape("down")), routed(SLUG, shape("up"))

    assert (down.title, down.resolve) == ("Nightly backup is DOWN", False)
    assert (up.title, up.resolve) == ("Nightly backup is UP", True)
    assert down.grouping_key == up.grouping_key is not None


def test_the_message_says_what_since_when_and_links_to_the_check() -> None:
    shown = card(SLUG, example("down"))

    for text in ("down", "2026-01-04 02:00:14 UTC", "0 2 * * *, UTC", "prod db", "dumped 31 GB"):
        assert text in shown.message
    assert shown.source_link == f"https://healthchecks.io/checks/{CODE}/details/"
    own = {**example("down"), "url": "https://hc.example.com/checks/1/details/"}
    assert card(SLUG, own).source_link == own["url"]


def test_two_checks_of_one_name_are_two_groups_and_an_empty_code_is_none() -> None:
    assert routed(SLUG, {**example("down"), "code": "other"}).grouping_key == '["other"]'
    assert routed(SLUG, {"code": "", "status": "down"}).grouping_key is None


@pytest.mark.parametrize(("status", "said"), [("137", True), ("-1", False)])
def test_an_exit_status_is_said_when_there_is_one(status: str, said: bool) -> None:
    assert ("Exit status" in card(SLUG, {**example("down"), "exit_status": status}).message) is said
