"""Stored alerts come into groups again as each configuration decides, and what people did to them is done again."""

from __future__ import annotations

from typing import Any

from shared.domain.behaviour_deeds import Deed, Handled, deed_of
from shared.domain.behaviour_jobs import Decided
from shared.domain.behaviour_replay import Outcomes, dirty_keys, replayed, within
from shared.domain.grouping import group_id_of
from shared.domain.model import SOURCE, SYSTEM, ActionRecord, State
from tests.support.build import ALICE, a_group, minute
from tests.support.replaying import a_record, after_of, before_of


def test_alerts_are_in_the_group_that_the_first_of_their_key_opened():
    records = [a_record("a", minute(0)), a_record("b", minute(1)), a_record("c", minute(2), "other")]

    replay = replayed(records, before_of)

    assert replay.group_of == {"a": group_id_of("a"), "b": group_id_of("a"), "c": group_id_of("c")}
    assert [one.alert_id for one in replay.openings.values()] == ["a", "c"]


def test_a_resolve_ends_a_group_and_the_next_firing_opens_another():
    records = [
        a_record("a", minute(0)),
        a_record("b", minute(1), resolve=True),
        a_record("c", minute(2)),
        a_record("d", minute(3), acknowledge=True),
    ]

    replay = replayed(records, before_of)

    assert [(one.alert_id, one.over_at) for one in replay.openings.values()] == [
        ("a", minute(1)),
        ("c", minute(3)),
    ]


def test_instances_that_are_not_sent_again_end_their_group_before_the_next_alert():
    first = a_record("a", minute(0))._replace(instance="db1", ends_at=minute(5))
    second = a_record("b", minute(9))._replace(instance="db1", ends_at=minute(14))

    replay = replayed([first, second], before_of)

    assert [(one.alert_id, one.over_at) for one in replay.openings.values()] == [
        ("a", minute(5)),
        ("b", None),
    ]


def test_what_people_did_to_a_group_is_done_again_where_it_still_counts():
    records = [a_record(f"a{one}", minute(one)) for one in range(4)]
    deeds = [
        Deed(minute(0.5), "a0", "acknowledge", ALICE),
        Deed(minute(1.5), "a1", "resolve", ALICE),
        Deed(minute(2.5), "a0", "resolve", ALICE),
        Deed(minute(9), "a3", "resolve", ALICE),
        Deed(minute(9), "gone", "resolve", ALICE),
    ]

    replay = replayed(records, before_of, deeds)

    assert [(one.alert_id, one.over_at) for one in replay.openings.values()] == [
        ("a0", minute(0.5)),
        ("a2", minute(9)),
    ]


def test_only_what_the_source_did_not_do_itself_is_done_again():
    group = a_group(
        acknowledged_at=minute(1), acknowledged_by=ALICE, resolved_at=minute(2), resolved_by=SOURCE
    )

    handled = Handled.model_validate_json(group.model_dump_json())

    assert list(handled.deeds()) == [Deed(minute(1), group.last_alert_id, "acknowledge", ALICE)]


def test_a_silence_ends_by_itself_and_the_group_fires_again():
    records = [a_record("a", minute(0)), a_record("b", minute(9))]
    deeds = [Deed(minute(1), "a", "silence", ALICE, 120)]

    (opening,) = replayed(records, before_of, deeds, minute(60)).openings.values()

    assert [(one.at, one.state, one.run) for one in opening.moments] == [
        (minute(1), State.SILENCED, 1),
        (minute(3), State.FIRING, 2),
    ]
    assert opening.fires_again
    assert [one.id for one in opening.records] == ["a", "b"]


def test_a_silence_ends_although_no_alert_comes_any_more():
    deeds = [Deed(minute(1), "a", "silence", ALICE, 120)]

    found = [replayed([a_record("a", minute(0))], before_of, deeds, minute(end)) for end in (2, 4)]

    assert [next(iter(one.openings.values())).fires_again for one in found] == [False, True]


def test_what_was_taken_back_is_taken_back_again():
    deeds = [
        Deed(minute(1), "a", "acknowledge", ALICE),
        Deed(minute(2), "a", "unacknowledge", ALICE),
        Deed(minute(3), "a", "resolve", ALICE),
        Deed(minute(4), "a", "unresolve", ALICE),
    ]
    records = [a_record("a", minute(0)), a_record("b", minute(5))]

    replay = replayed(records, before_of, deeds, minute(60))

    (opening,) = replay.openings.values()
    assert [one.state for one in opening.moments] == [
        State.ACKNOWLEDGED,
        State.FIRING,
        State.RESOLVED,
        State.FIRING,
    ]
    assert replay.group_of["a"] == replay.group_of["b"]


def test_what_was_done_to_an_alert_that_nothing_groups_is_done_again():
    records = [
        a_record("a", minute(0), "a", is_grouped=False),
        a_record("b", minute(0), "b", is_grouped=False),
    ]

    replay = replayed(records, before_of, [Deed(minute(1), "a", "acknowledge", ALICE)], minute(60))

    assert [one.over_at for one in replay.openings.values()] == [minute(1), None]


def test_alerts_that_nothing_groups_are_alone():
    records = [a_record(name, minute(0), name, is_grouped=False) for name in "ab"]

    assert len(replayed(records, before_of).openings) == 2


def told(kind: str, actor: Any, **fields: Any) -> dict[str, Any]:
    group = a_group(**fields)
    data = {"group": group.model_dump(mode="json"), "actor": actor.model_dump(mode="json")}
    return {"type": kind, "time": minute(7).isoformat(), "data": data}


def test_events_tell_what_people_did_and_not_what_came_of_itself():
    silenced = {"silenced_at": minute(7), "silenced_until": minute(9), "last_alert_id": "a7"}

    assert deed_of(told("group.silenced.v1", ALICE, **silenced)) == Deed(
        minute(7), "a7", "silence", ALICE, 120
    )
    assert deed_of(told("group.unresolved.v1", ALICE, last_alert_id="a7")) == Deed(
        minute(7), "a7", "unresolve", ALICE
    )
    assert deed_of(told("group.resolved.v1", SOURCE)) is None
    assert deed_of(told("group.unsilenced.v1", SYSTEM)) is None
    assert deed_of(told("group.alert_added.v1", SOURCE)) is None


def test_the_history_of_a_group_is_asked_for_where_its_state_may_not_tell_all():
    def handled(**fields: Any) -> Handled:
        return Handled.model_validate_json(a_group(**fields).model_dump_json())

    assert not handled(resolved_at=minute(2), resolved_by=SOURCE).has_history
    assert handled(run=2).has_history
    applied = (ActionRecord(id="x", applied=True),)
    taken = {"acknowledged_at": minute(2), "acknowledged_by": ALICE}
    assert handled(actions=applied).has_history
    assert not handled(actions=applied, **taken).has_history
    assert handled(actions=(*applied, ActionRecord(id="y", applied=True)), **taken).has_history
    assert not handled(actions=(ActionRecord(id="x", applied=False),)).has_history


def test_only_keys_with_an_alert_that_is_decided_otherwise_are_grouped_again():
    records = [
        a_record("a", minute(0)),
        a_record("b", minute(1), "x", after="y"),
        a_record("c", minute(2), "y"),
        a_record("d", minute(3), "x"),
    ]
    dirty = dirty_keys(records)

    assert {key for *_, key in dirty} == {"x", "y"}
    assert [one.id for one in within(records, dirty, before_of)] == ["b", "c", "d"]
    after = replayed(within(records, dirty, after_of), after_of)
    assert after.group_of == {"b": group_id_of("b"), "c": group_id_of("b"), "d": group_id_of("d")}


def test_what_many_alerts_have_in_common_is_kept_once():
    outcomes = Outcomes()
    made = [
        outcomes.of(Decided(key=f"k{one}"[:1], labels={"a": "b"}, title=f"t{one}"[:1]), "R")
        for one in range(2)
    ]

    assert made[0] == made[1]
    assert made[0].labels is made[1].labels
