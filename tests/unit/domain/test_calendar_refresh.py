"""A calendar that cannot be read changes nothing but what is known of the last try."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.domain.calendar_refresh import (
    EVERY,
    Refresh,
    failed,
    problem_text,
    request_headers,
    request_url,
    sources,
    succeeded,
    text_of,
)
from shared.domain.schedules import ScheduleType
from tests.support.build import NOON
from tests.support.schedules import a_schedule


def a_refresh() -> Refresh:
    """Return a refresh that went well once."""
    new = Refresh(id="S-primary", schedule_id="S", which="primary", url_digest="d", due_at=NOON)
    return succeeded(new, {"etag": '"1"', "last-modified": "Mon, 02 Mar 2026 09:00:00 GMT"}, NOON)


def test_what_was_read_is_asked_for_again_in_ten_minutes_only_if_it_changed():
    refresh = a_refresh()

    assert refresh.due_at == NOON + timedelta(minutes=10)
    headers = request_headers(refresh)
    assert headers["If-None-Match"] == '"1"'
    assert headers["If-Modified-Since"] == "Mon, 02 Mar 2026 09:00:00 GMT"


def test_a_failure_is_tried_again_soon_and_then_as_seldom_as_always():
    refresh, waits = a_refresh(), []
    for _ in range(12):
        refresh = failed(refresh, "no answer", NOON)
        waits.append(refresh.due_at - NOON)

    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert waits[-1] == EVERY


def test_a_failure_forgets_nothing_and_success_forgets_the_failure():
    good = a_refresh()

    bad = failed(good, "no answer", NOON)

    assert (bad.etag, bad.good_at, bad.error) == (good.etag, good.good_at, "no answer")
    assert "The last good calendar still holds" in problem_text(bad)
    again = succeeded(bad, None, NOON)
    assert (again.error, again.failures, again.etag) == (None, 0, '"1"')


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("webcal://c.example.org/a?b=c", "https://c.example.org/a?b=c"),
        ("WEBCAL://c.example.org/a", "https://c.example.org/a"),
        ("http://c.example.org/a", "http://c.example.org/a"),
    ],
)
def test_webcal_is_another_word_for_https(written: str, asked: str):
    assert request_url(written) == asked


def test_a_text_is_read_whatever_its_bytes():
    assert text_of(b"\xef\xbb\xbfBEGIN:VCALENDAR\xff") == "BEGIN:VCALENDAR\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("type", "expected"), [("ical", ["primary", "overrides"]), ("calendar", ["overrides"]), ("web", [])]
)
def test_a_schedule_has_the_calendars_of_its_type(type: ScheduleType, expected: list[str]):
    config = a_schedule(type=type, ical_url_primary="x", ical_url_overrides="y")

    assert [one.which for one in sources(config)] == expected
