"""Escalation in maintenance by example: nobody is paged in the window, everybody who must be is after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from shared.domain.configuration import ChatTarget, ConfigSnapshot, Route
from shared.domain.escalation import (
    Escalation,
    Glance,
    at_a_glance,
    begin,
    cards_digest,
    follow,
    page_failed,
    reconsider,
    wake,
)
from shared.domain.model import Card, Group
from shared.domain.posts import posts_after, posts_of
from shared.events import (
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    PostRequested,
    StageDecided,
    WebhookRequested,
    derived_id,
)
from tests.support.build import ALICE, NOON, a_configuration, a_group, a_window, minute, notify, wait

CARDS = {"web": Card(title="web"), "slack": Card(title="slack")}
CHAIN = (notify("U1"), wait(5), notify("U2"))
WEBHOOK = {"type": "trigger_webhook", "action_to_trigger": "WH1"}


def rendered(group: Group | None = None) -> GroupRendered:
    """Return a rendered group."""
    group = group or a_group()
    id = derived_id("rendered", group.id, group.run, group.version)
    return GroupRendered(id=id, time=NOON, group=group, cards=CARDS, change="group.opened.v1")


def configured(*windows: Any, steps: Any = CHAIN, **fields: Any) -> ConfigSnapshot:
    """Return a configuration with these windows; its version is their number, so that more windows are newer."""
    return a_configuration(*steps, maintenance_windows=windows, **({"version": len(windows) + 1} | fields))


def begun(config: ConfigSnapshot, now: datetime = NOON) -> tuple[Escalation, list[Event]]:
    """Begin an escalation."""
    escalation, events = begin(rendered(), config, now)
    assert escalation is not None
    return escalation, events


def asked(events: list[Event]) -> list[str]:
    """Return who is paged, and which webhooks are called."""
    return [
        one.user_id if isinstance(one, NotificationRequested) else one.webhook_id
        for one in events
        if isinstance(one, NotificationRequested | WebhookRequested)
    ]


def decisions(events: list[Event]) -> list[str]:
    """Return the decisions without an onward event."""
    return [one.decision for one in events if isinstance(one, StageDecided)]


@pytest.mark.parametrize("mode", ["debug", "maintenance"])
def test_nobody_is_paged_in_the_window_and_the_chain_starts_at_its_end(mode: str):
    config = configured(a_window(mode=mode), steps=(notify("U1"), WEBHOOK, wait(5), notify("U2")))

    held, first = begun(config)
    early, none = wake(held, config, minute(59))
    after, events = wake(early, config, minute(60))
    last, more = wake(after, config, minute(65))

    assert (asked(first), decisions(first), held.due_at) == ([], ["held"], minute(60))
    assert (early, none) == (held, [])
    assert (decisions(events)[0], after.due_at) == ("released", minute(65))
    assert asked(events) == ["WH1", "U1"]
    assert asked(more) == ["U2"]
    assert last.ended


def test_a_group_that_is_already_escalating_is_paused_and_goes_on_where_it_was():
    config = configured(a_window(starts_at=minute(3), duration=600))

    escalation, first = begun(config)
    paused, events = wake(escalation, config, minute(5))
    resumed, more = wake(paused, config, minute(13))

    assert asked(first) == ["U1"]
    assert (asked(events), decisions(events), paused.due_at) == ([], ["held"], minute(13))
    assert asked(more) == ["U2"]
    assert resumed.ended


def test_a_wait_that_outlasts_the_window_is_not_touched_by_it():
    config = configured(a_window(starts_at=minute(1), duration=60))

    escalation, _ = begun(config)
    _, events = wake(escalation, config, minute(5))

    assert decisions(events) == ["went_on", "finished"]
    assert asked(events) == ["U2"]


def test_a_window_that_is_stopped_lets_go_at_once():
    held, _ = begun(configured(a_window()))
    stopped = configured(a_window(stopped_at=minute(10)), version=7)

    after, events = reconsider(held, stopped, minute(10))

    assert (decisions(events)[0], asked(events)) == ("released", ["U1"])
    assert after.version == held.version + 1
    assert "was stopped or changed" in events[0].reason


def test_a_window_that_is_moved_holds_until_its_new_end_and_says_so():
    held, _ = begun(configured(a_window()))

    after, events = reconsider(held, configured(a_window(duration=7200), version=7), minute(10))

    assert (asked(events), decisions(events), after.due_at) == ([], ["held"], minute(120))


def test_an_unrelated_change_of_the_configuration_changes_nothing_and_says_nothing():
    held, _ = begun(configured(a_window()))

    after, events = reconsider(held, configured(a_window(), version=7), minute(10))

    assert events == []
    assert (after.held, after.held_version) == (held.held, 7)


def test_a_window_that_follows_on_another_takes_over():
    config = configured(a_window(), a_window(id="M2", name="More", starts_at=minute(60), duration=600))

    held, _ = begun(config)
    still, events = wake(held, config, minute(60))

    assert (asked(events), decisions(events), still.due_at) == ([], ["held"], minute(70))


@pytest.mark.parametrize(
    "fields", [{"acknowledged_at": NOON, "acknowledged_by": ALICE}, {"resolved_at": NOON}]
)
def test_an_acknowledge_or_a_resolve_in_the_window_ends_it_for_good(fields: dict[str, Any]):
    config = configured(a_window())
    held, _ = begun(config)

    taken, events = follow(rendered(a_group(version=2, **fields)), held, a_configuration(), minute(5))
    after, later = wake(taken, config, minute(60))

    assert (decisions(events), taken.due_at, taken.held) == (["stopped"], None, None)
    assert (after, later) == (taken, [])


def test_a_page_that_fails_in_the_window_lets_the_next_rule_run_only_after_it():
    config = configured(a_window(starts_at=minute(1)))
    escalation, first = begun(config)
    page = next(one for one in first if isinstance(one, NotificationRequested))
    news = NotificationFailed.following(
        page, request_id=page.id, group_id="IGROUP", run=1, user_id="U1", channel="email", reason="full"
    )

    after, events = page_failed(news, escalation, config, minute(2))

    assert asked(events) == []
    assert after.due_at == minute(61)


def test_what_joins_a_held_group_is_said_to_be_held_by_both_ways_of_looking():
    held, _ = begun(configured(a_window()))
    event = rendered(a_group(version=2, alerts_count=2))
    assert held.held is not None
    glance = Glance(
        id=held.id,
        group_id=held.group_id,
        run=1,
        group_version=1,
        cards_digest=cards_digest(held.cards),
        held=held.held.sentence,
        due_at=held.due_at,
    )

    _, followed = follow(event, held, a_configuration(), minute(5))
    glanced = at_a_glance(event, [glance], minute(5))

    assert glanced == followed[0]
    assert (followed[0].decision, followed[0].reason) == ("held", held.held.sentence)


def with_slack(*windows: Any, chain: str | None = "F1", **fields: Any) -> ConfigSnapshot:
    """Return a configuration whose route posts to Slack."""
    route = Route(
        id="R1",
        integration_id="C1",
        is_default=True,
        escalation_chain_id=chain,
        slack=ChatTarget(id="C042", enabled=True),
    )
    return configured(*windows, routes=(route,), **fields)


def test_debug_posts_with_a_note_and_maintenance_does_not_post():
    debug, maintenance = with_slack(a_window(mode="debug")), with_slack(a_window())

    (post,) = posts_of(rendered(), debug, "", NOON)

    assert "debug window Upgrade: escalation is held back" in post.note
    assert list(posts_of(rendered(), maintenance, "", NOON)) == []


def test_a_message_that_was_there_before_the_maintenance_is_kept_up_to_date():
    config = with_slack(a_window())
    older = a_group(opened_at=minute(-1))

    (firing,) = posts_of(rendered(older), config, "", NOON)
    (taken,) = posts_of(rendered(older.model_copy(update={"acknowledged_at": NOON})), config, "", NOON)

    assert firing.note.startswith("maintenance window")
    assert taken.note == ""


@pytest.mark.parametrize("chain", ["F1", None])
def test_what_still_fires_at_the_end_of_maintenance_is_posted_also_when_it_pages_nobody(chain: str | None):
    config = with_slack(a_window(), chain=chain)
    held, _ = begun(config)

    after, events = wake(held, config, minute(60))
    posts = list(posts_after(held, after, config, "", minute(60)))

    assert [(one.channel, one.note, one.card.title) for one in posts] == [("C042", "", "slack")]
    assert asked(events) == (["U1"] if chain else [])


def test_the_note_goes_when_debug_ends_and_nothing_is_posted_for_what_is_over():
    config = with_slack(a_window(mode="debug"))
    held, _ = begun(config)
    after, _ = wake(held, config, minute(60))
    resolved, _ = follow(rendered(a_group(version=2, resolved_at=NOON)), held, a_configuration(), minute(1))

    posts: list[PostRequested] = list(posts_after(held, after, config, "", minute(60)))

    assert [one.note for one in posts] == [""]
    assert list(posts_after(held, resolved, config, "", minute(1))) == []
    assert list(posts_after(after, after, config, "", minute(61))) == []


def test_debug_has_nothing_to_hold_when_the_route_has_no_chain():
    escalation, events = begin(rendered(), with_slack(a_window(mode="debug"), chain=None), NOON)

    assert escalation is None
    assert decisions(events) == ["no_chain"]
