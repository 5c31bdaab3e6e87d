"""Storms by example and by property: when one begins, how long it lasts, which pages wait in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.configuration import Integration, Rule
from shared.domain.escalation import Glance, Known, begin, begins, follow, page_failed, wake
from shared.domain.model import Card, Group
from shared.domain.storm import (
    CALM,
    Count,
    Storm,
    StormLimits,
    StormSettings,
    digest_id,
    minute_of,
    rate,
    weather,
)
from shared.events import (
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    StageDecided,
    derived_id,
)
from tests.support.build import NOON, a_configuration, a_group, a_window, minute, notify, wait

LIMITS = StormLimits(groups_per_minute=10, digest_interval_s=60)


def second(number: float) -> datetime:
    """Return the instant so many seconds after noon."""
    return NOON + timedelta(seconds=number)


def a_storm(**fields: Any) -> Storm:
    """Return a storm of C1 since noon."""
    base = {
        "integration_id": "C1",
        "since": NOON,
        "until": NOON + CALM,
        "rate": 20.0,
        "digest_interval_s": 60,
    }
    return Storm.model_validate(base | fields)


def a_count(groups: int, before: int = 0, at: datetime = NOON) -> Count:
    """Return a count of the minute of `at`."""
    return Count(minute=minute_of(at), groups=groups, before=before)


def test_the_rate_slides_from_one_minute_into_the_next():
    assert rate(a_count(7), second(30)) == 7
    assert rate(a_count(3, before=20), second(0)) == 23
    assert rate(a_count(3, before=20), second(45)) == 8
    assert rate(a_count(20), second(75)) == 15
    assert rate(a_count(20), second(130)) == 0


def test_a_clock_that_is_behind_the_others_counts_all_the_same():
    assert rate(a_count(20, at=second(61)), second(59)) >= 20


def test_a_storm_begins_above_the_limit_and_not_at_it():
    assert weather(None, "C1", 10, LIMITS, NOON) is None

    begun = weather(None, "C1", 10.5, LIMITS, NOON)

    assert begun == a_storm(rate=10.5)


def test_a_storm_lasts_until_the_rate_was_below_half_for_three_minutes():
    storm = a_storm()

    calm = weather(storm, "C1", 4.9, LIMITS, second(60))
    busy = weather(storm, "C1", 5.0, LIMITS, second(60))

    assert calm == storm
    assert busy is not None
    assert busy.until == second(60) + CALM
    assert weather(storm, "C1", 4.9, LIMITS, NOON + CALM) is None
    assert (storm.is_on(second(179)), storm.is_on(second(180))) == (True, False)


def test_a_storm_that_goes_on_is_written_now_and_then_only():
    assert weather(a_storm(), "C1", 50, LIMITS, second(9)) == a_storm()


def test_another_storm_after_one_is_another():
    again = weather(a_storm(), "C1", 11, LIMITS, minute(10))

    assert again is not None
    assert again.id != a_storm().id


def test_zero_means_never_and_ends_one_that_is_on():
    never = StormLimits(0, 60)

    assert weather(None, "C1", 1e9, never, NOON) is None
    assert weather(a_storm(), "C1", 1e9, never, second(1)) is None


def test_an_integration_says_for_itself_what_the_installation_does_not():
    assert LIMITS.of(StormSettings()) == LIMITS
    assert LIMITS.of(StormSettings(groups_per_minute=0)) == StormLimits(0, 60)
    assert LIMITS.of(StormSettings(digest_interval=900)) == StormLimits(10, 900)
    assert Integration.model_validate(
        {"id": "C1", "name": "x", "type": "webhook", "token_digest": ""}
    ).storm == (StormSettings())


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), max_size=60))
def test_a_storm_is_never_missed_and_always_ends(script: list[tuple[int, int]]):
    """Counted as the store counts; whatever the order of pauses and bursts."""
    now, storm, count = NOON, None, Count()
    for pause_s, groups in script:
        now += timedelta(seconds=pause_s)
        minutes = minute_of(now) - count.minute
        before = {0: count.before, 1: count.groups}.get(minutes, 0)
        kept = count.groups if minutes == 0 else 0
        count = Count(minute=minute_of(now), groups=kept + groups, before=before)
        per_minute = rate(count, now)
        storm = weather(storm, "C1", per_minute, LIMITS, now)
        if per_minute > LIMITS.groups_per_minute:
            assert storm is not None
            assert storm.is_on(now)

    assert weather(storm, "C1", rate(count, now + 3 * CALM), LIMITS, now + 3 * CALM) is None


# Pages in a storm.

RULES = (
    Rule(id="N1", user_id="U1", position=0, type="notify_by_email"),
    Rule(id="N2", user_id="U1", position=1, type="wait", duration=300),
    Rule(id="N3", user_id="U1", position=2, type="notify_by_sms"),
)
ON = {"C1": a_storm()}


def rendered(group: Group | None = None, change: str = "group.opened.v1") -> GroupRendered:
    """Return a rendered group."""
    group = group or a_group()
    id = derived_id("rendered", group.id, group.run, group.version)
    cards = {"web": Card(title="web"), "email": Card(title="mail")}
    return GroupRendered(id=id, time=NOON, group=group, cards=cards, change=change)


def pages(events: list[Event]) -> list[NotificationRequested]:
    """Return the pages among events."""
    return [one for one in events if isinstance(one, NotificationRequested)]


def test_a_page_in_a_storm_waits_for_the_digest_of_its_person_and_channel_and_says_so():
    config = a_configuration(notify("U1"), rules=RULES)
    (plain,) = pages(begin(rendered(), config, NOON)[1])

    escalation, events = begin(rendered(), config, NOON, known=Known(storms=ON))

    assert escalation is not None
    (held,) = escalation.held_pages
    assert pages(events) == []
    assert (held.id, held.digest_id) == (plain.id, digest_id(a_storm(), "U1", "email"))
    said = [one for one in events if isinstance(one, StageDecided) and one.decision == "storm"]
    assert "alice: default rule 1, email: waits for a digest" in said[0].reason
    assert escalation.due_at == minute(5)


def test_the_next_rule_waits_for_a_digest_of_its_own_channel_or_runs_when_the_storm_is_over():
    config = a_configuration(notify("U1"), rules=RULES)
    escalation, _ = begin(rendered(), config, NOON, known=Known(storms=ON))
    assert escalation is not None
    still_on = {"C1": a_storm(until=minute(30))}

    held, none = wake(escalation, config, minute(5), Known(storms=still_on))
    _, events = wake(escalation, config, minute(5), Known(storms=ON))  # known, but over by now

    assert [one.channel for one in held.held_pages] == ["email", "sms"]
    assert pages(none) == []
    assert [one.channel for one in pages(events)] == ["sms"]


def test_a_storm_of_another_integration_holds_nothing():
    config = a_configuration(notify("U1"), rules=RULES)

    _, events = begin(rendered(a_group(integration_id="C2")), config, NOON, known=Known(storms=ON))

    assert len(pages(events)) == 1


def test_a_digest_that_fails_lets_the_next_rule_of_the_group_it_stands_for_run_at_once():
    config = a_configuration(notify("U1"), rules=RULES)
    escalation, _ = begin(rendered(), config, NOON, known=Known(storms=ON))
    assert escalation is not None
    news = NotificationFailed(
        id="x",
        time=NOON,
        request_id=escalation.held_pages[0].id,
        group_id="IGROUP",
        run=1,
        user_id="U1",
        channel="email",
        reason="mailbox full",
    )

    after, events = page_failed(news, escalation, config, second(5), Known(storms=ON))

    assert pages(events) == []
    assert [one.channel for one in after.held_pages] == ["email", "sms"]


def test_what_is_taken_or_over_drops_out():
    config = a_configuration(notify("U1"), wait(5), rules=RULES)
    escalation, _ = begin(rendered(), config, NOON, known=Known(storms=ON))
    assert escalation is not None

    taken, _ = follow(rendered(a_group(version=2, acknowledged_at=NOON)), escalation, a_configuration(), NOON)

    assert taken.held_pages == ()


def test_only_what_begins_to_escalate_counts():
    config = a_configuration(notify("U1"))
    quiet = a_configuration(notify("U1"), maintenance_windows=(a_window(),))
    known = [Glance(id="IGROUP:1", group_id="IGROUP", run=1)]

    def counts(event: Event, **fields: Any) -> bool:
        return begins(event, fields.get("runs", ()), fields.get("config", config), NOON)

    assert counts(rendered())
    assert not counts(rendered(), runs=known)
    assert not counts(rendered(), config=quiet)
    assert not counts(rendered(), config=a_configuration(notify("U1"), chains=()))
    assert not counts(rendered(change="group.alert_added.v1"))
    assert not counts(rendered(a_group(resolved_at=NOON)))
    assert not counts(rendered(a_group(is_demo=True)))
