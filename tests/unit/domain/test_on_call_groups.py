"""A user group of Slack has whoever is on call, and is left alone when that is nobody, or not known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.on_call_groups import LOOK_AGAIN, fingerprints, wanted_at, where
from shared.domain.people import UserGroup
from shared.domain.schedules import Schedule
from tests.support.schedules import a_schedule, a_shift, an_override, changed, utc

ON_SHIFT, OFF_SHIFT = utc("2026-03-02T10:00:00"), utc("2026-03-02T20:00:00")


def kept(*parts: Any, members: tuple[str, ...] = ("W9",), **fields: Any) -> ConfigSnapshot:
    """Return a configuration whose schedule keeps the group SG; users A to E have ids in Slack, F has none."""
    config = a_schedule(*parts, slack_user_group_id="SG", **fields)
    users = tuple(
        one.model_copy(update={"slack_user_id": f"W{one.id}"}) if one.id != "F" else one
        for one in config.users
    )
    group = UserGroup(id="SG", name="On call", handle="oncall", slack_user_ids=members)
    return changed(config, users=users, user_groups=(group,))


def test_the_group_has_whoever_is_on_call_until_that_changes():
    config = kept(a_shift(users=("B", "A")))

    wanted = wanted_at(config, "SG", ON_SHIFT)

    assert (wanted.slack_ids, wanted.problems) == (("WA", "WB"), ())
    assert wanted.until == utc("2026-03-02T17:00:00")


def test_a_group_that_is_right_in_any_order_is_left_alone():
    config = kept(a_shift(users=("B", "A")), members=("WB", "WA"))

    assert wanted_at(config, "SG", ON_SHIFT).slack_ids is None


def test_overrides_count_and_several_schedules_share_a_group():
    config = kept(an_override("2026-03-02T09:30:00", 2, "C"), a_shift())
    second = Schedule(id="T", name="Secondary", slack_user_group_id="SG")
    config = changed(
        config,
        schedules=(*config.schedules, second),
        shifts=(*config.shifts, a_shift("L2", schedule_id="T", users=("D",))),
    )

    assert wanted_at(config, "SG", ON_SHIFT).slack_ids == ("WC", "WD")


def test_while_nobody_is_on_call_the_group_stays_as_it_was():
    wanted = wanted_at(kept(a_shift()), "SG", OFF_SHIFT)

    assert (wanted.slack_ids, wanted.problems) == (None, ())
    assert wanted.until == utc("2026-03-03T08:00:00")


def test_who_has_no_id_in_slack_is_a_problem_and_the_others_count():
    some = wanted_at(kept(a_shift(users=("A", "F"))), "SG", ON_SHIFT)
    none = wanted_at(kept(a_shift(users=("F",))), "SG", ON_SHIFT)

    assert (some.slack_ids, none.slack_ids) == (("WA",), None)
    assert some.problems == none.problems == ("user-F is on call in Primary, and has no id in Slack",)


def test_while_one_calendar_was_never_read_nobody_is_taken_out_of_the_group():
    config = kept(a_shift())
    unread = Schedule(
        id="T", name="Outside", type="ical", ical_url_primary="secret", slack_user_group_id="SG"
    )
    config = changed(config, schedules=(*config.schedules, unread))

    wanted = wanted_at(config, "SG", ON_SHIFT)

    assert wanted.slack_ids is None
    assert "Outside" in wanted.problems[0]


def test_a_group_that_slack_does_not_have_is_a_problem_and_looked_at_again():
    config = changed(kept(a_shift()), user_groups=())

    wanted = wanted_at(config, "SG", OFF_SHIFT - timedelta(days=700))

    assert (wanted.slack_ids, wanted.until) == (None, OFF_SHIFT - timedelta(days=700) + LOOK_AGAIN)
    assert "SG" in wanted.problems[0]
    assert (where(config, "SG"), where(kept(), "SG")) == (
        "Slack's user group SG",
        "Slack's user group @oncall",
    )


def test_a_group_is_looked_at_again_when_people_shifts_or_members_change_and_not_otherwise():
    config = kept(a_shift())
    before = fingerprints(config)
    users = (*config.users, User(id="G", username="new"))
    linked = tuple(one.model_copy(update={"slack_user_id": f"X{one.id}"}) for one in config.users)
    other = (UserGroup(id="SG", name="On call", handle="oncall", slack_user_ids=("W1",)),)

    assert list(before) == ["SG"]
    assert fingerprints(changed(config)) == before
    assert fingerprints(changed(config, users=linked)) != before
    assert fingerprints(changed(config, users=users)) != before
    assert fingerprints(changed(config, shifts=(a_shift(users=("B",)),))) != before
    assert fingerprints(changed(config, user_groups=other)) != before
    assert fingerprints(a_schedule(a_shift())) == {}
