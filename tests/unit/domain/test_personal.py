"""A person's notification rules: in order, each once, at their time, at once when a page failed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import personal
from shared.domain.configuration import Rule
from shared.domain.personal import Personal
from tests.support.build import NOON, a_configuration, minute

MAIL = "notify_by_email"
SMS = "notify_by_sms"


def rules(*types: str | int, important: bool = False) -> tuple[Rule, ...]:
    """Return alice's rules; a number is a wait of so many minutes."""
    return tuple(
        Rule(id=f"N{position}", user_id="U1", position=position, important=important, type=one)
        if isinstance(one, str)
        else Rule(
            id=f"N{position}",
            user_id="U1",
            position=position,
            important=important,
            type="wait",
            duration=one * 60,
        )
        for position, one in enumerate(types)
    )


def begin(*types: str | int) -> Personal:
    """Return alice at the beginning of these rules, at noon."""
    config = a_configuration(rules=rules(*types))
    return personal.begin(config, "U1", False, "0.E1", NOON)


def used(chain: Personal, now: datetime) -> tuple[Personal, list[str]]:
    """Advance, and return the channels that are used."""
    after, use = personal.advance(chain, now)
    return after, [personal.channel_of(rule) for _, rule in use]


def test_the_first_rule_runs_at_once_and_the_one_after_a_wait_at_its_time():
    chain, first = used(begin(MAIL, 5, SMS), minute(0))
    chain, early = used(chain, minute(4.9))
    chain, second = used(chain, minute(5))

    assert (first, early, second) == (["email"], [], ["sms"])
    assert chain.is_over


def test_rules_without_a_wait_between_them_run_together():
    chain, channels = used(begin(MAIL, SMS), minute(0))

    assert channels == ["email", "sms"]
    assert chain.is_over


def test_a_person_who_is_at_the_end_is_over_though_a_wait_is_last():
    chain, _ = used(begin(MAIL, 5), minute(0))

    assert chain.is_over


def test_a_wait_without_a_duration_takes_five_minutes():
    config = a_configuration(rules=(Rule(id="first", user_id="U1", position=-1, type="wait"), *rules(SMS)))

    chain, _ = personal.advance(personal.begin(config, "U1", False, "0.E1", NOON), NOON)

    assert chain.due_at == minute(5)


def test_important_rules_are_used_when_there_are_some():
    config = a_configuration(rules=(*rules(MAIL), *rules(SMS, important=True)))

    assert [one.type for one in personal.rules_of(config, "U1", important=True)] == [SMS]
    assert [one.type for one in personal.rules_of(config, "U1", important=False)] == [MAIL]


def test_a_person_without_important_rules_is_told_by_the_default_ones():
    config = a_configuration(rules=rules(MAIL, SMS))

    assert [one.type for one in personal.rules_of(config, "U1", important=True)] == [MAIL, SMS]


@pytest.mark.parametrize("important", [False, True])
def test_a_person_without_any_rule_gets_a_mail(important: bool):
    config = a_configuration(rules=())

    assert [personal.channel_of(one) for one in personal.rules_of(config, "U1", important)] == ["email"]


@pytest.mark.parametrize("important", [False, True])
def test_rules_that_only_wait_count_as_none(important: bool):
    config = a_configuration(rules=rules(5, 30, important=important))

    assert [personal.channel_of(one) for one in personal.rules_of(config, "U1", important)] == ["email"]


def test_default_rules_are_not_replaced_by_important_ones():
    config = a_configuration(rules=rules(SMS, important=True))

    assert [one.type for one in personal.rules_of(config, "U1", important=False)] == [MAIL]


def requested(chain: Personal, *ids: str) -> Personal:
    """Return the chain with pages under way."""
    return chain.model_copy(update={"requested": ids})


def test_a_failed_page_lets_the_next_rule_run_at_once():
    chain, _ = used(begin(MAIL, 5, SMS), minute(0))

    chain = personal.skip_wait(requested(chain, "page"), "page", minute(1))

    assert chain is not None
    assert used(chain, minute(1))[1] == ["sms"]


def test_a_failed_page_skips_every_wait_before_the_next_rule():
    chain, _ = used(begin(MAIL, 5, 5, SMS), minute(0))

    chain = personal.skip_wait(requested(chain, "page"), "page", minute(1))

    assert chain is not None
    assert used(chain, minute(1))[1] == ["sms"]


def test_the_same_failure_told_twice_skips_one_wait():
    chain, _ = used(begin(MAIL, 5, SMS, 5, MAIL), minute(0))
    chain = personal.skip_wait(requested(chain, "page"), "page", minute(1))
    assert chain is not None
    chain, _ = used(chain, minute(1))

    assert personal.skip_wait(chain, "page", minute(2)) is None


def test_a_failure_of_somebody_elses_page_skips_nothing():
    chain, _ = used(begin(MAIL, 5, SMS), minute(0))

    assert personal.skip_wait(requested(chain, "page"), "other", minute(1)) is None


def test_a_failed_last_page_is_remembered_and_nothing_is_left():
    chain, _ = used(begin(MAIL), minute(0))

    chain = personal.skip_wait(requested(chain, "page"), "page", minute(1))

    assert chain is not None
    assert (chain.is_over, chain.failed) == (True, ("page",))


@given(
    st.lists(st.sampled_from([MAIL, SMS, 1, 5, 30]), max_size=7),
    st.lists(st.integers(0, 3600), max_size=12),
)
def test_every_rule_runs_once_in_order_whenever_it_is_looked_at(types: list[str | int], pauses_s: list[int]):
    chain, now, positions = begin(*types), NOON, []
    days = [24 * 3600] * len(types)
    for pause_s in [0, *pauses_s, *days]:
        now += timedelta(seconds=pause_s)
        chain, use = personal.advance(chain, now)
        positions += [position for position, _ in use]

    wanted = [position for position, one in enumerate(types) if isinstance(one, str)]
    assert positions == (wanted or [0])
    assert chain.is_over
