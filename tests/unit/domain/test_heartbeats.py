"""A heartbeat rings when a tool was silent for its timeout while Tocsin listened, and only then."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.configuration import Integration
from shared.domain.heartbeat_rendering import render_heartbeat
from shared.domain.heartbeat_settings import HeartbeatTemplates, timeout_fault
from shared.domain.heartbeat_texts import HeartbeatJob, HeartbeatTexts, spoken
from shared.domain.heartbeats import SETTLE, Change, Heartbeat, alarm, due_cause, expire, ping, retime
from shared.domain.watching import Receiver, Watch, present, watch
from shared.events import AlertReceived, StageDecided
from tests.support.build import NOON

TIMEOUT = 60


def second(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def pinged(
    before: Heartbeat | None, at: float, *, now: float | None = None
) -> tuple[Heartbeat, Change | None]:
    return ping(before, "C1", second(at), TIMEOUT, second(at if now is None else now))


def looked(before: Heartbeat, until: float, *, since: float = -1000) -> tuple[Heartbeat, Change | None]:
    return expire(before, Watch(second(since), second(until)), TIMEOUT)


def expired() -> Heartbeat:
    """Return one that was last seen at noon and missed its deadline a minute later."""
    after, change = looked(pinged(None, 0)[0], 61)
    assert change is not None
    return after


def test_the_first_ping_begins_it():
    one, change = pinged(None, 0)

    assert (one.version, one.last_seen_at, one.is_expired) == (1, second(0), False)
    assert one.due_at == second(TIMEOUT) + SETTLE
    assert change is None


def test_it_expires_once_everything_until_a_second_after_its_deadline_is_known():
    one, _ = pinged(None, 0)

    assert looked(one, 60.9)[1] is None
    after, change = looked(one, 61)

    assert change == Change(True, TIMEOUT, second(0), second(60), second(60))
    assert (after.is_expired, after.due_at, after.version) == (True, None, 2)


def test_a_ping_exactly_at_the_deadline_is_in_time():
    one, _ = pinged(None, 0)
    one, _ = pinged(one, 60)

    assert looked(one, 62)[1] is None


def test_an_expired_heartbeat_does_not_expire_again():
    assert looked(expired(), 9999) == (expired(), None)


def test_the_next_ping_restores_it():
    after, change = pinged(expired(), 90)

    assert change == Change(False, TIMEOUT, second(0), second(60), second(90))
    assert (after.is_expired, after.due_at) == (False, second(150) + SETTLE)


def test_a_repeated_or_older_ping_changes_nothing():
    one, _ = pinged(None, 30)

    assert pinged(one, 30) == (one, None)
    assert pinged(one, 10) == (one, None)


def test_a_late_ping_that_is_itself_too_old_by_now_restores_nothing():
    after, change = pinged(expired(), 55, now=200)

    assert change is None
    assert (after.is_expired, after.last_seen_at) == (True, second(55))


def test_a_late_ping_that_shows_the_tool_alive_resolves_what_was_raised_before_it_came():
    """The resolving alert must not be older than the firing one, or it would resolve nothing."""
    _, change = pinged(expired(), 59, now=62)

    assert change is not None
    assert change.at > second(60)


def test_a_time_without_watch_puts_the_deadline_off_for_a_whole_timeout():
    one, _ = pinged(None, 0)

    after, change = looked(one, 200, since=190)

    assert change is None
    assert after.due_at == second(250) + SETTLE
    assert looked(after, 251, since=190)[1] is not None


def test_another_timeout_moves_the_deadline_and_leaves_an_expired_one_alone():
    one, _ = pinged(None, 0)

    assert retime(one, TIMEOUT) is one
    assert retime(one, 600).due_at == second(600) + SETTLE
    assert retime(expired(), 600).due_at is None
    assert retime(expired(), 600).is_expired


@pytest.mark.parametrize(
    ("seconds", "fits"), [(59, False), (60, True), (61, True), (86_400, True), (86_401, False)]
)
def test_a_timeout_is_any_number_of_seconds_from_a_minute_to_a_day(seconds: int, fits: bool):
    assert (timeout_fault(seconds) is None) == fits


# --- alerts -----------------------------------------------------------------------------------------


def raised(change: Change, texts: HeartbeatTexts | None = None) -> list[AlertReceived | StageDecided]:
    integration = Integration(id="C1", name="prod", type="webhook", token_digest="")
    cause = due_cause("C1", change, 7)
    events = alarm(cause, change, integration, texts or HeartbeatTexts(title="T", message="M"), NOON)
    return [one for one in events if isinstance(one, AlertReceived | StageDecided)]


def test_the_same_deadline_makes_the_same_alert_whoever_notices_it():
    missing = Change(True, TIMEOUT, second(0), second(60), second(60))

    first, again = raised(missing)[0], raised(missing)[0]

    assert isinstance(first, AlertReceived)
    assert first == again
    assert (first.alert.read_as, first.alert.received_at, first.config_version) == ("webhook", second(60), 7)
    assert first.alert_id == first.alert.id == first.subject


def test_problems_of_the_templates_are_told_with_the_alert_that_they_belong_to():
    job = a_job(title="{{ 1 / 0 }}")
    change = Change(True, TIMEOUT, second(0), second(60), second(60))

    told, noted = raised(change, render_heartbeat(job, NOON))

    assert isinstance(told, AlertReceived)
    assert isinstance(noted, StageDecided)
    assert [one.where for one in noted.problems] == ["heartbeat.expired.title"]
    assert noted.problems[0].alert_id == told.alert.id
    assert noted.alerts == (told.alert.id,)


# --- texts ------------------------------------------------------------------------------------------


def a_job(title: str | None = None, message: str | None = None, *, restored: bool = False) -> HeartbeatJob:
    return HeartbeatJob(
        integration_id="C1",
        integration_name="prod",
        integration_type="webhook",
        templates=HeartbeatTemplates(title=title, message=message),
        timeout_s=TIMEOUT,
        last_seen_at=second(0),
        expired_at=second(60),
        restored_at=second(90) if restored else None,
    )


def test_without_templates_the_texts_say_who_is_missing_and_since_when():
    texts = render_heartbeat(a_job(), NOON)

    assert texts.title == "No heartbeat from prod for 1 minute"
    assert "2026-05-04 12:00:00 UTC" in texts.message
    assert "back" in render_heartbeat(a_job(restored=True), NOON).title


def test_templates_see_name_timeout_and_instants():
    title = (
        "{{ integration_name }} {{ timeout }} {{ timeout_seconds }} {{ last_seen | datetimeformat('%H:%M') }}"
    )

    assert render_heartbeat(a_job(title, "{{ restored_at }}"), NOON).title == "prod 1 minute 60 12:00"
    assert render_heartbeat(a_job(message="{{ expired_at }}"), NOON).message == "2026-05-04 12:01:00+00:00"


def test_a_template_that_says_nothing_or_fails_leaves_the_default_text():
    texts = render_heartbeat(a_job("  ", "{{ broken"), NOON)

    assert texts.title == "No heartbeat from prod for 1 minute"
    assert texts.message == render_heartbeat(a_job(), NOON).message
    assert [one.where for one in texts.problems] == ["heartbeat.expired.message"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "1 minute"),
        (90, "1 minute 30 seconds"),
        (600, "10 minutes"),
        (3660, "1 hour 1 minute"),
        (86_400, "1 day"),
    ],
)
def test_a_length_of_time_is_told_in_words(seconds: int, words: str):
    assert spoken(seconds) == words


# --- a day of Tocsin, second by second ----------------------------------------------------------------


@dataclass
class World:
    """One tool, two receivers and the heartbeat service, whose queue holds what it has not seen yet."""

    up: list[bool]
    queue: list[tuple[str, datetime, int]] = field(default_factory=list)
    known: dict[str, Receiver] = field(default_factory=dict)
    heartbeat: Heartbeat | None = None
    alarms: list[datetime] = field(default_factory=list)
    lives: list[int] = field(default_factory=lambda: [0, 0])
    told: list[object] = field(default_factory=lambda: [None, None])

    def toggle(self, number: int, now: datetime, *, politely: bool) -> None:
        """Start a receiver, or end it with or without a farewell."""
        if self.up[number] and politely and self.told[number] is not None:
            self.queue.append(("left", now, number))
        self.up[number] = not self.up[number]
        self.lives[number] += 1
        self.told[number] = None

    def ping(self, now: datetime) -> None:
        """Send a ping to whichever receiver serves; with none it is lost, and the tool does not care."""
        if any(self.up):
            self.queue.append(("ping", now, 0))

    def beat(self, now: datetime) -> None:
        for number in (0, 1):
            if self.up[number]:
                self.told[number] = present(self.told[number], now)  # type: ignore[arg-type]
                self.queue.append(("beat", now, number))

    def work(self, now: datetime) -> None:
        """Let the heartbeat service see all there is, and look at the deadline."""
        for kind, at, number in self.queue:
            if kind == "ping":
                self.heartbeat, _ = ping(self.heartbeat, "C1", at, TIMEOUT, now)
                continue
            id = f"R{number}-{self.lives[number]}"
            account = self.told[number]
            before = self.known.get(id)
            since = account.since if account is not None else at  # type: ignore[attr-defined]
            if kind == "left":
                self.known = {
                    key: one.model_copy(update={"has_left": True, "at": at})
                    if one.name == f"N{number}"
                    else one
                    for key, one in self.known.items()
                }
            else:
                self.known[id] = Receiver(
                    id=id, name=f"N{number}", since=before.since if before else since, at=at
                )
        self.queue.clear()
        watched = watch(list(self.known.values()), now)
        if watched and self.heartbeat and self.heartbeat.due_at and self.heartbeat.due_at <= watched.until:
            self.heartbeat, change = expire(self.heartbeat, watched, TIMEOUT)
            if change is not None:
                self.alarms.append(now)


disturbances = st.dictionaries(st.integers(30, 600), st.tuples(st.integers(0, 1), st.booleans()), max_size=6)


@given(disturbances, st.integers(0, 29), st.sets(st.integers(60, 500), max_size=3))
def test_a_tool_that_pings_in_time_never_rings_whatever_becomes_of_tocsin(
    disturbed: dict[int, tuple[int, bool]], phase: int, stalls: set[int]
):
    """Receivers end and come back, politely or not, and the heartbeat service stops for 20 s now and then."""
    world = World([True, True])
    for at in range(900):
        now = second(at)
        if at in disturbed:
            number, politely = disturbed[at]
            world.work(now)
            world.toggle(number, now, politely=politely)
        if at % 30 == phase:
            world.ping(now)
        if at % 2 == 0:
            world.beat(now)
        if not any(stall <= at < stall + 20 for stall in stalls):
            world.work(now)

    assert world.alarms == []


@given(st.integers(0, 60), st.booleans())
def test_a_tool_that_falls_silent_rings_once_within_five_seconds_of_its_deadline(last: int, odd: bool):
    world = World([True, True])
    for at in range(200):
        now = second(at)
        if at <= last:
            world.ping(now)
        if at % 2 == odd:
            world.beat(now)
        world.work(now)

    assert len(world.alarms) == 1
    assert timedelta() <= world.alarms[0] - second(last + TIMEOUT) <= timedelta(seconds=5)
