"""What the tests of single types say again and again."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of


def assert_resolves(slug: str, firing: Any, resolved: Any) -> None:
    """The second body ends what the first began, and is of the same group."""
    before, after = routed(slug, firing), routed(slug, resolved)
    assert (before.resolve, after.resolve) == (False, True), (before.title, after.title)
    assert before.grouping_key is not None
    assert before.grouping_digest == after.grouping_digest, (before.grouping_key, after.grouping_key)


def assert_apart(slug: str, *bodies: Any) -> None:
    """No two of the bodies are of one group."""
    keys = [routed(slug, one).grouping_key for one in bodies]
    assert len(set(keys)) == len(keys), keys


def assert_says(slug: str, body: Any, *texts: str, **fields: Any) -> None:
    """The texts stand in title, message (in Markdown) or link."""
    shown = card(slug, body, "mattermost", **fields)
    whole = "\n".join((shown.title, shown.message, shown.source_link or ""))
    for text in texts:
        assert text in whole, (text, whole)


def assert_no_alert(slug: str, body: Any, reason: str) -> None:
    """The body is taken, and nothing comes of it; `reason` stands in what the sender is told."""
    with pytest.raises(NotAnAlert) as why:
        type_of(slug).split(body)
    assert reason.lower() in why.value.reason.lower(), why.value.reason
