"""Which outgoing webhook pages a person who has none of his own, and what it is told."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.configuration import Rule, User, Webhook
from shared.domain.delivery import requested
from shared.domain.personal_webhooks import call_for, webhook_for
from shared.domain.reachability import unreachable
from shared.domain.webhook_triggers import PERSONAL
from tests.support.build import a_configuration, notify
from tests.support.outgoing import NOON, page_requested

ALICE = User(id="U1", username="alice", email="alice@example.org", team_ids=("T1",))
SET_UP = {"email": None, "webhook": None}


def a_webhook(name: str, **fields: Any) -> Webhook:
    given = {"id": f"WH-{name}", "name": name, "url": "https://x.example", "trigger_type": PERSONAL, **fields}
    return Webhook.model_validate(given)


def chosen(*webhooks: Webhook, channel: str = "webhook") -> str | None:
    found = webhook_for(a_configuration(webhooks=webhooks), ALICE, channel)
    return found.name if found is not None else None


@pytest.mark.parametrize(
    ("webhooks", "name"),
    [
        ([], None),
        ([a_webhook("b"), a_webhook("a")], "a"),
        ([a_webhook("a"), a_webhook("z", team_id="T1")], "z"),
        ([a_webhook("a", team_id="T2")], None),
        ([a_webhook("a", is_webhook_enabled=False), a_webhook("b")], "b"),
        ([a_webhook("a", trigger_type="escalation")], None),
    ],
)
def test_a_team_of_the_persons_comes_before_everybodys_then_the_name(
    webhooks: list[Webhook], name: str | None
):
    assert chosen(*webhooks) == name


def test_no_other_channel_goes_by_it():
    assert chosen(a_webhook("a"), channel="sms") is None


def test_it_is_told_whom_it_pages_and_every_try_is_the_same_call():
    page = page_requested(channel="webhook", important=True)
    row = requested(page, "webhook:WH-a", NOON).model_copy(update={"webhook_id": "WH-a"})

    made = call_for(row, page, ALICE)

    assert (made.id, made.trigger, made.webhook_id) == (page.id, PERSONAL, "WH-a")
    assert made.actor is not None
    assert made.actor.id == "U1"
    assert made.details["user"] == {
        "id": "U1",
        "username": "alice",
        "email": "alice@example.org",
        "important": True,
    }


def test_a_person_with_such_a_webhook_is_no_problem():
    rules = tuple(
        Rule(id=str(one), user_id="U1", type="notify_by_webhook", important=one) for one in (False, True)
    )
    people = {"users": (ALICE.model_copy(update={"email": None}),), "rules": rules}

    def said(*webhooks: Webhook) -> bool:
        config = a_configuration(notify("U1"), webhooks=webhooks, **people)
        return any("reaches" in one.message for one in unreachable(config, SET_UP))

    assert (said(), said(a_webhook("a"))) == (True, False)
