"""What Tocsin refuses of an import is taken out in pieces that never widen what is left."""

from __future__ import annotations

from typing import Any

from shared.domain.declaration import Fault
from shared.domain.imported_pruning import pruned

DECLARATION: dict[str, Any] = {
    "set": "oncall",
    "users": [{"username": "alice", "timezone": "Mars/Base"}, {"username": "bob"}],
    "webhooks": [{"name": "hook", "url": "https://a.example.org", "trigger_template": "{%"}],
    "shifts": [{"name": "days", "interval": 0, "users": ["alice"]}, {"name": "nights"}],
    "integrations": [
        {
            "name": "in",
            "templates": {"sms": {"title": "{{"}},
            "routes": [{"jinja2": "{{ a"}, {"jinja2": "{{ b }}"}],
        }
    ],
}


def without(*faults: tuple[tuple[str | int, ...], str]) -> tuple[dict[str, Any], list[str]]:
    declaration, notes = pruned(DECLARATION, [Fault(path, message) for path, message in faults])
    return declaration, [str(one) for one in notes]


def test_what_refers_to_something_refused_stays_until_that_is_mended():
    declaration, notes = without(
        (("shifts", 0, "users", 0), "there is no user named alice"),
        (("users", 0, "timezone"), "no such zone"),
    )

    assert declaration["users"] == [{"username": "alice"}, {"username": "bob"}]
    assert declaration["shifts"] == DECLARATION["shifts"]
    assert notes == ["user alice: timezone: no such zone"]


def test_a_shift_and_a_route_go_whole():
    declaration, notes = without((("shifts", 0, "interval"), "too small"))
    assert (declaration["shifts"], notes) == (
        [{"name": "nights"}],
        ["shift days: the whole of it: interval: too small"],
    )

    declaration, notes = without(
        (("integrations", 0, "routes", 0, "jinja2"), "bad"),
        (("integrations", 0, "templates", "sms", "title"), "bad too"),
    )
    assert declaration["integrations"] == [{"name": "in", "routes": [{"jinja2": "{{ b }}"}]}]
    assert notes == ["integration in: routes.0: jinja2: bad", "integration in: templates.sms.title: bad too"]


def test_a_webhook_that_loses_its_condition_is_switched_off_and_one_without_an_address_goes():
    declaration, notes = without((("webhooks", 0, "trigger_template"), "bad"))
    assert declaration["webhooks"] == [{"name": "hook", "url": "https://a.example.org", "enabled": False}]
    assert notes == ["webhook hook: trigger_template: bad; the webhook is switched off"]

    declaration, notes = without((("webhooks", 0, "url"), "no address"))
    assert ("webhooks" in declaration, notes) == (False, ["webhook hook: the whole of it: url: no address"])


def test_a_fault_that_stands_nowhere_takes_nothing_out():
    assert without(((), "all of it")) == (DECLARATION, [])
