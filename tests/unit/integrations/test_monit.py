"""Monit's tests: what fails and is well again, with and without the state that the rule tells."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.monit import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "monit"


def event(name: str, **fields: Any) -> dict[str, Any]:
    """A body of the bare environment."""
    return {"MONIT_SERVICE": "nginx", "MONIT_HOST": "web1", "MONIT_EVENT": name, **fields}


def test_a_test_is_named_and_its_success_resolves_it() -> None:
    assert routed(SLUG, example("failed")).title == "var on db1.example.com: Resource limit matched"
    assert_resolves(SLUG, example("failed"), example("succeeded"))
    assert_says(SLUG, example("failed"), "space usage 96.1%", "Mon, 05 Jan 2026", "db1.example.com")


@pytest.mark.parametrize(
    ("failed", "well"),
    [
        ("Connection failed", "Connection succeeded"),
        ("Does not exist", "Exists"),
        ("Timeout", "Timeout recovery"),
        ("Link down", "Link up"),
    ],
)
def test_without_a_state_the_event_tells_it(failed: str, well: str) -> None:
    assert_resolves(SLUG, event(failed), event(well))


def test_the_state_that_the_rule_tells_wins() -> None:
    assert routed(SLUG, event("Does not exist", MONIT_STATE="succeeded")).resolve is True
    assert routed(SLUG, event("Exists", STATE="failed")).resolve is False


def test_hosts_services_and_tests_are_apart() -> None:
    first = example("failed")

    assert_apart(SLUG, first, *({**first, name: "other"} for name in ("HOST", "SERVICE", "TEST")))


def test_starts_are_no_alerts_and_a_body_of_something_else_is_refused() -> None:
    assert_no_alert(SLUG, event("Started"), "no problem")
    with pytest.raises(Permanent, match="SERVICE"):
        type_of(SLUG).split({})
