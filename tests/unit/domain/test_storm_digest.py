"""Digests by example and by property: everything that fires is told once, one page per interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.escalation_run import Escalation
from shared.domain.model import Card
from shared.domain.storm import CALM, HeldPage, Storm
from shared.domain.storm_digest import (
    GRACE,
    LOOK_AGAIN,
    MOST_GROUPS,
    NAMED,
    Digest,
    Look,
    Untold,
    begun,
    digest_card,
    tell,
)
from shared.events import Event, NotificationRequested, StageDecided
from tests.support.build import NOON, a_group, minute

STORM = Storm(integration_id="C1", since=NOON, until=NOON + CALM, rate=20.0, digest_interval_s=60)
URL = "https://tocsin.example/alert-groups?integration_id=C1&state=firing"


def a_page(number: int, channel: str = "email") -> HeldPage:
    """Return a held page of group number so and so."""
    return HeldPage(
        id=f"page-{number}",
        digest_id=f"{STORM.id}:U1:{channel}",
        user_id="U1",
        channel=channel,
        at=NOON + timedelta(seconds=number),
        reason="alice: default rule 1, email",
    )


def an_escalation(number: int, title: str | None = None, channel: str = "email") -> Escalation:
    """Return the escalation that a page belongs to."""
    group = a_group(id=f"I{number}", number=number, title=f"group {number}" if title is None else title)
    return Escalation(
        id=f"I{number}:1",
        group_id=group.id,
        run=1,
        group=group,
        cards={"email": Card(title=f"mail of {number}")},
        round_began_at=NOON,
        held_pages=(a_page(number, channel),),
    )


def a_look(numbers: Sequence[int], **fields: Any) -> Look:
    """Return a look at the pages of these groups, none of them told."""
    newest_first = sorted(numbers, reverse=True)
    titles = fields.pop("titles", {})
    channel = fields.pop("channel", "email")
    base: dict[str, Any] = {
        "untold": [
            Untold(f"page-{one}", f"I{one}", 1, NOON + timedelta(seconds=one)) for one in newest_first
        ],
        "named": [an_escalation(one, titles.get(one), channel) for one in newest_first[:NAMED]],
        "known": frozenset(f"page-{one}" for one in numbers),
        "some_wait": False,
        "is_on": True,
        "integration": "Prometheus",
        "user": "alice",
        "list_url": URL,
    }
    return Look(**(base | fields))


def told_pages(events: list[Event]) -> list[NotificationRequested]:
    """Return the pages among events."""
    return [one for one in events if isinstance(one, NotificationRequested)]


def test_a_digest_about_one_group_is_that_groups_page():
    after, events = tell(begun(STORM, a_page(1)), a_look([1]), NOON)

    (page,) = told_pages(events)
    assert (page.id, page.group.id, page.digest, page.card.title) == ("page-1", "I1", (), "mail of 1")
    assert page.reason == "alice: default rule 1, email"
    assert after.due_at == minute(1)


def test_a_digest_about_several_is_one_page_that_stands_for_the_newest_and_names_all():
    after, events = tell(begun(STORM, a_page(1)), a_look(range(1, 13)), NOON)

    (page,) = told_pages(events)
    assert (page.id, page.group.id) == ("page-12", "I12")
    assert {one.id for one in page.digest} == {f"I{one}" for one in range(1, 13)}
    assert page.card.title == "Prometheus: 12 alert groups are firing"
    assert "group 12" in page.card.message
    assert "group 8" in page.card.message
    assert "group 7" not in page.card.message
    assert "and 7 more" in page.card.message
    members = [one for one in events if isinstance(one, StageDecided)]
    assert {one.group_id for one in members} == {f"I{one}" for one in range(1, 12)}
    assert {one.decision for one in members} == {"digested"}
    assert len(after.told) == 12


def test_what_was_told_is_not_told_again_and_the_next_page_says_further():
    first, _ = tell(begun(STORM, a_page(1)), a_look([1]), NOON)

    after, events = tell(first, a_look([2, 3], known=frozenset({"page-1", "page-2", "page-3"})), minute(1))

    (page,) = told_pages(events)
    assert page.card.title == "Prometheus: 2 further alert groups are firing"
    assert after.told == ("page-1", "page-3", "page-2")


def test_with_nothing_to_tell_it_looks_again_soon_while_the_storm_is_on():
    after, events = tell(begun(STORM, a_page(1)), a_look([]), NOON)

    assert (events, after.due_at, after.sent) == ([], NOON + LOOK_AGAIN, 0)


def test_after_the_storm_the_rest_is_told_at_once_and_late_pages_are_waited_for_once_more():
    digest = begun(STORM, a_page(1))

    last, events = tell(digest, a_look([1, 2], is_on=False), minute(4))
    late, more = tell(last, a_look([3], is_on=False), minute(5))
    over, none = tell(late, a_look([], is_on=False), minute(6))

    assert len(told_pages(events)) == len(told_pages(more)) == 1
    assert (last.due_at, last.closing) == (minute(4) + GRACE, True)
    assert late.due_at == minute(5) + GRACE
    assert (over.due_at, none) == (None, [])


def test_what_a_window_holds_keeps_the_digest_waiting_after_the_storm():
    after, events = tell(begun(STORM, a_page(1)), a_look([], is_on=False, some_wait=True), minute(4))

    assert (events, after.closing) == ([], False)
    assert after.due_at is not None


def test_one_page_is_about_a_thousand_groups_at_most_and_the_rest_comes_with_the_next():
    numbers = range(MOST_GROUPS + 3)

    after, events = tell(begun(STORM, a_page(1)), a_look(numbers, is_on=False), NOON)

    (page,) = told_pages(events)
    assert len(page.digest) == len(after.told) == MOST_GROUPS
    assert (after.due_at, after.closing) == (minute(1), False)


def test_an_instance_that_dies_before_saving_decides_the_same_again():
    digest = begun(STORM, a_page(1))

    assert tell(digest, a_look([1, 2]), NOON) == tell(digest, a_look([1, 2]), NOON)


@pytest.mark.parametrize("channel", ["email", "sms", "phone_call", "slack", "telegram", "mobile_app", "x"])
def test_titles_of_alerts_are_shown_letter_by_letter_in_every_medium(channel: str):
    titles = {2: "<script>alert(1)</script> *bold* [x](http://evil) <!channel>", 1: "line\nbreak"}
    look = a_look([1, 2], titles=titles, channel=channel)

    card = digest_card(begun(STORM, a_page(1, channel)), look, 2)

    shown = card.title + card.message
    is_text = channel in ("sms", "phone_call", "mobile_app")  # nothing reads marks in it
    assert ("<script>" not in shown and "<!channel>" not in shown) or is_text
    assert 'href="http://evil"' not in shown
    assert "Prometheus: 2 alert groups are firing" in card.title
    if channel in ("sms", "phone_call"):
        assert len(card.title) <= 300


@dataclass
class Play:
    """Groups that fire, are taken and are told of, as the store would have it."""

    now: datetime = NOON
    storm_until: datetime = NOON + CALM
    digest: Digest = field(default_factory=lambda: begun(STORM, a_page(0)))
    firing: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    told: list[int] = field(default_factory=list)
    pages_at: list[datetime] = field(default_factory=list)

    def look(self) -> None:
        """Do what is due, as any instance does."""
        if self.digest.due_at is None or self.digest.due_at > self.now:
            return
        untold = [one for one in self.held & self.firing if f"page-{one}" not in self.digest.told]
        known = frozenset(f"page-{one}" for one in self.held)
        look = a_look(untold, known=known, is_on=self.now < self.storm_until)
        self.digest, events = tell(self.digest, look, self.now)
        for page in told_pages(events):
            self.pages_at.append(self.now)
            self.told += [int(one.id[1:]) for one in page.digest] or [int(page.group.id[1:])]


@given(st.lists(st.tuples(st.sampled_from(["fire", "take", "pause"]), st.integers(0, 40)), max_size=60))
def test_every_group_that_fires_on_is_told_once_and_pages_are_an_interval_apart(
    script: list[tuple[str, int]],
):
    play = Play()
    for number, (what, value) in enumerate(script):
        if what == "fire" and play.now < play.storm_until:
            play.held.add(number)
            play.firing.add(number)
        elif what == "take":
            play.firing -= {value}
        elif what == "pause":
            play.now += timedelta(seconds=value)
        play.look()
    for _ in range(30):
        play.now += timedelta(seconds=30)
        play.look()

    assert play.digest.due_at is None
    assert len(set(play.told)) == len(play.told)
    assert play.held & play.firing <= set(play.told)
    gaps = [after - before for before, after in zip(play.pages_at, play.pages_at[1:], strict=False)]
    in_storm = [gap for gap, at in zip(gaps, play.pages_at[1:], strict=False) if at < play.storm_until]
    assert all(gap >= timedelta(seconds=STORM.digest_interval_s) for gap in in_storm)
