"""Fabric: obsolete, but its issues stay readable."""

from __future__ import annotations

import pytest

from shared.integrations.fabric import EXAMPLE
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "fabric"


def test_an_issue_is_named_and_linked() -> None:
    shown = card(SLUG, EXAMPLE)

    assert routed(SLUG, EXAMPLE).title == "CheckoutActivity.java line 87"
    for text in ("Impact level:</strong> 2", "54", "16", "CheckoutActivity.pay"):
        assert text in shown.message
    assert shown.source_link == EXAMPLE["payload"]["url"]


def test_an_issue_of_another_app_is_another_group_and_a_number_of_nought_is_one() -> None:
    other = {**EXAMPLE, "payload": {**EXAMPLE["payload"], "url": "https://fabric.io/other/issues/1"}}

    assert routed(SLUG, EXAMPLE).grouping_key != routed(SLUG, other).grouping_key
    assert routed(SLUG, {"payload": {"display_id": 0}}).grouping_key == "[null,0]"
    assert routed(SLUG, {"payload": {"title": "x"}}).grouping_key is None


def test_verifying_the_address_is_no_alert_and_the_type_is_obsolete() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({"event": "verification", "payload_type": "none"})
    assert "closed" in type_of(SLUG).is_obsolete
