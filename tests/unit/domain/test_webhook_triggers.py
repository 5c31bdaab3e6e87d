"""Which webhooks a change of a group asks for: every one of its trigger, once, whatever is repeated or folded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.domain.configuration import Webhook
from shared.domain.escalation import begin
from shared.domain.model import Note
from shared.domain.webhook_triggers import TRIGGERS, webhooks_after, webhooks_of
from shared.events import GROUP_EVENTS, GroupRendered, derived_id
from shared.events.groups import GroupChange
from tests.support.build import ALICE, NOON, a_configuration, a_group, a_window, minute, notify

EVERY = tuple(
    Webhook(id=f"WH-{one}", name=one, url="https://x.example", trigger_type=one) for one in TRIGGERS
)
KINDS = {one.type.split(".")[1]: one.type for one in GROUP_EVENTS}


def configured(**fields: Any):
    return a_configuration(notify("U1"), webhooks=EVERY, **fields)


def rendered(*changes: tuple[str, int], **fields: Any) -> GroupRendered:
    """Return what a renderer tells after these changes, each a kind and the version that it led to."""
    made = [GroupChange(type=KINDS[kind], version=version, at=minute(version)) for kind, version in changes]
    newest = made[-1]
    return GroupRendered(
        id=derived_id("rendered", *[one.version for one in made]),
        time=newest.at,
        group=fields.pop("group", None) or a_group(version=newest.version),
        change=newest.type,
        changes=tuple(made) if len(made) > 1 else (),
        **fields,
    )


def asked(event: GroupRendered, **fields: Any) -> dict[str, tuple[str, str]]:
    """Return the trigger and the webhook of each request, by id."""
    return {one.id: (one.trigger, one.webhook_id) for one in webhooks_of(event, configured(**fields), NOON)}


@pytest.mark.parametrize(
    ("kind", "trigger"),
    [
        ("opened", "alert group created"),
        ("alert_added", "alert added"),
        ("note_added", "note added"),
        ("responder_added", "responder added"),
        ("acknowledged", "acknowledge"),
        ("unacknowledged", "unacknowledge"),
        ("resolved", "resolve"),
        ("unresolved", "unresolve"),
        ("silenced", "silence"),
        ("unsilenced", "unsilence"),
    ],
)
def test_each_change_asks_for_the_webhooks_of_its_trigger(kind: str, trigger: str):
    found = list(asked(rendered((kind, 3))).values())

    status = [(trigger, "WH-status change")] if not kind.endswith(("opened", "_added")) else []
    assert found == [(trigger, f"WH-{trigger}"), *status]


def test_a_group_without_a_route_or_a_chain_is_told_of_all_the_same():
    assert len(asked(rendered(("opened", 1)), routes=(), chains=())) == 1


def test_the_actor_of_each_change_is_told():
    event = rendered(("acknowledged", 2), actor=ALICE)

    assert {one.actor for one in webhooks_of(event, configured(), NOON)} == {ALICE}


def test_a_note_and_responders_are_told_with_what_they_are():
    note = Note(id="N1", text="Restarted it.", author=ALICE, created_at=NOON)
    noted = GroupChange(type=KINDS["note_added"], version=2, at=NOON, actor=ALICE, note=note)
    called = GroupChange(type=KINDS["responder_added"], version=3, at=NOON, user_ids=("U1", "U9"))
    event = rendered(("note_added", 3)).model_copy(update={"changes": (noted, called)})

    found = {one.trigger: one.details for one in webhooks_of(event, configured(), NOON)}

    assert found["note added"]["note"] == {
        "id": "N1",
        "text": "Restarted it.",
        "author": ALICE.id,
        "source": "api",
        "created_at": f"{NOON:%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    known, unknown = found["responder added"]["responders"]
    assert (known["id"], known["username"]) == ("U1", configured().user_by_id["U1"].username)
    assert unknown == {"id": "U9", "username": None, "email": None}


def test_a_webhook_of_chains_hears_of_no_change():
    assert webhooks_of(rendered(("opened", 1)), a_configuration(notify("U1")), NOON) == []


CHANGES = some.lists(some.sampled_from(sorted(KINDS)), min_size=1, max_size=6).map(
    lambda kinds: [(kind, version) for version, kind in enumerate(kinds, start=1)]
)


@given(CHANGES, some.data())
def test_however_changes_are_folded_and_repeated_each_asks_once(changes: list[tuple[str, int]], data: Any):
    """A renderer's batch may fold any neighbours, and a broker may deliver any part again, folded otherwise."""

    def folded(cuts: list[bool]) -> list[GroupRendered]:
        batches: list[list[tuple[str, int]]] = [[]]
        for change, cut in zip(changes, cuts, strict=True):
            batches[-1].append(change)
            if cut:
                batches.append([])
        return [rendered(*batch) for batch in batches if batch]

    cuts = some.lists(some.booleans(), min_size=len(changes), max_size=len(changes))
    first, again = folded(data.draw(cuts)), folded(data.draw(cuts))
    delivered = data.draw(some.permutations(first + again))

    ledger: dict[str, tuple[str, str]] = {}
    for event in delivered:
        ledger |= asked(event)

    alone = [asked(rendered(one)) for one in changes]
    assert ledger == {id: call for one in alone for id, call in one.items()}
    assert len(ledger) == sum(len(one) for one in alone)


def test_maintenance_holds_back_what_tells_of_a_group_that_began_in_it_and_says_so():
    (held,) = webhooks_of(rendered(("opened", 1)), configured(maintenance_windows=(a_window(),)), minute(1))

    assert "maintenance window Upgrade" in held.held_back


def test_debug_mode_and_a_group_from_before_the_window_are_told_as_always():
    debug = configured(maintenance_windows=(a_window(mode="debug"),))
    older = rendered(("acknowledged", 2), group=a_group(version=2, opened_at=minute(-5)))
    maintenance = configured(maintenance_windows=(a_window(),))

    assert webhooks_of(rendered(("opened", 1)), debug, minute(1))[0].held_back == ""
    assert {one.held_back for one in webhooks_of(older, maintenance, minute(1))} == {""}


def test_what_still_fires_after_maintenance_is_told_once_as_created():
    config = configured(maintenance_windows=(a_window(),))
    held, _ = begin(rendered(("opened", 1)), config, minute(1))
    assert held is not None
    free = held.model_copy(update={"held": None, "version": 2})
    after = NOON + timedelta(hours=2)

    (told,) = webhooks_after(held, free, config, after)

    assert (told.trigger, told.webhook_id, told.held_back) == (
        "alert group created", "WH-alert group created", "")  # fmt: skip
    assert told.id not in asked(rendered(("opened", 1)))
    assert list(webhooks_after(free, free, config, after)) == []
    taken = free.model_copy(update={"group": a_group(acknowledged_at=minute(2))})
    assert list(webhooks_after(held, taken, config, after)) == []
