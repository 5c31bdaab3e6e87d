"""The alert-group state machine: every action from every state, and what a repeated action gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import Circumstances
from shared.domain.escalation_run import LAST_STEP
from shared.domain.model import Group, Note, Responder, State
from shared.domain.reminding import Reminders
from shared.domain.states import ACTIONS, act, due_at_of, expire_silence
from shared.events import ActionApplied, ActionRefused, ActionRequested, GroupUnsilenced
from tests.support.build import ALICE, a_group, an_action, minute

FIRING = a_group()
ACKNOWLEDGED = a_group(acknowledged_at=minute(1), acknowledged_by=ALICE)
SILENCED = a_group(silenced_at=minute(1), silenced_until=minute(31), silenced_by=ALICE)
RESOLVED = a_group(resolved_at=minute(1), resolved_by=ALICE, resolved_through=minute(1))
NOW = minute(10)


@pytest.mark.parametrize(
    ("group", "action", "state", "run"),
    [
        (FIRING, "acknowledge", "acknowledged", 1),
        (FIRING, "resolve", "resolved", 1),
        (FIRING, "silence", "silenced", 1),
        (ACKNOWLEDGED, "unacknowledge", "firing", 2),
        (ACKNOWLEDGED, "resolve", "resolved", 1),
        (SILENCED, "acknowledge", "acknowledged", 1),
        (SILENCED, "resolve", "resolved", 1),
        (SILENCED, "silence", "silenced", 1),
        (SILENCED, "unsilence", "firing", 2),
        (RESOLVED, "unresolve", "firing", 2),
        (FIRING, "restart", "firing", 2),
        (ACKNOWLEDGED, "restart", "firing", 2),
        (SILENCED, "restart", "firing", 2),
        (RESOLVED, "restart", "firing", 2),
    ],
)
def test_an_action_that_fits_changes_the_state_and_is_told(group: Group, action: str, state: str, run: int):
    after, events = act(an_action(action), group, NOW)

    assert (str(after.state), after.run, after.version) == (state, run, group.version + 1)
    assert isinstance(events[-1], ActionApplied)
    assert len(events) == 2


@pytest.mark.parametrize(
    ("group", "action"),
    [
        (FIRING, "unacknowledge"),
        (FIRING, "unresolve"),
        (FIRING, "unsilence"),
        (FIRING, "dance"),
        (FIRING, "confirm"),
        (ACKNOWLEDGED, "confirm"),
        (FIRING, "unattach"),
        (FIRING, "attach"),
        (FIRING, "unpage"),
        (FIRING, "page"),
        (RESOLVED, "page"),
        (FIRING, "add_note"),
        (FIRING, "edit_note"),
        (ACKNOWLEDGED, "acknowledge"),
        (ACKNOWLEDGED, "silence"),
        (ACKNOWLEDGED, "unresolve"),
        (ACKNOWLEDGED, "unsilence"),
        (SILENCED, "unacknowledge"),
        (SILENCED, "unresolve"),
        (RESOLVED, "acknowledge"),
        (RESOLVED, "resolve"),
        (RESOLVED, "silence"),
        (RESOLVED, "unacknowledge"),
        (RESOLVED, "unsilence"),
    ],
)
def test_an_action_that_does_not_fit_is_refused_with_a_reason(group: Group, action: str):
    after, (answer,) = act(an_action(action), group, NOW)

    assert isinstance(answer, ActionRefused)
    assert answer.reason
    assert after.state is group.state


def test_an_unresolved_group_is_open_for_grouping_again():
    after, _ = act(an_action("unresolve"), RESOLVED, NOW)

    assert after.is_open
    assert after.resolved_through is None


def test_a_restarted_group_is_open_for_grouping_whatever_it_was():
    for group in (ACKNOWLEDGED, SILENCED, RESOLVED):
        after, _ = act(an_action("restart"), group, NOW)
        assert (after.is_open, after.acknowledged_by, after.silenced_at) == (True, None, None)


def test_people_need_a_note_before_they_resolve_where_one_is_required_and_the_source_does_not():
    required = Circumstances(note_required=True)
    note = Note(id="n1", text="it was the disk", author=ALICE, created_at=NOW)

    _, (answer,) = act(an_action("resolve"), FIRING, NOW, required)
    noted, _ = act(an_action("add_note", note=note), FIRING, NOW, required)
    resolved, _ = act(an_action("resolve", id="second"), noted, NOW, required)
    by_chain, _ = act(an_action("resolve", actor=LAST_STEP), FIRING, NOW, required)

    assert "note is required" in answer.reason
    assert (str(resolved.state), str(by_chain.state)) == ("resolved", "resolved")


def test_a_deleted_note_counts_no_more_and_has_no_text():
    note = Note(id="n1", text="secret", author=ALICE, created_at=NOW)
    noted, _ = act(an_action("add_note", note=note), FIRING, NOW)

    after, _ = act(
        an_action("delete_note", id="second", note=note.model_copy(update={"text": ""})), noted, NOW
    )
    _, (again,) = act(an_action("edit_note", id="third", note=note), after, NOW)

    assert (after.notes_count, after.notes[0].text, after.notes[0].deleted_at) == (0, "", NOW)
    assert isinstance(again, ActionRefused)


def test_a_wiped_group_is_over_says_nothing_and_is_never_opened_again():
    group = a_group(labels={"customer": "x"}, attached=("IMEMBER",))

    wiped, events = act(an_action("wipe"), group, NOW)
    _, (answer,) = act(an_action("unresolve", id="second"), wiped, NOW)

    assert (wiped.title, wiped.key, wiped.labels, wiped.is_open) == (None, "", {}, False)
    assert (wiped.id, wiped.opened_at, due_at_of(wiped)) == (group.id, group.opened_at, NOW)
    assert ("IMEMBER", "wipe") in [
        (one.group_id, one.action) for one in events if isinstance(one, ActionRequested)
    ]
    assert isinstance(answer, ActionRefused)


def test_a_deleted_group_is_shown_to_nobody_and_lets_its_attached_groups_go():
    deleted, events = act(an_action("delete"), a_group(attached=("IMEMBER",)), NOW)
    _, (answer,) = act(an_action("wipe", id="second"), deleted, NOW)

    assert (deleted.seen, deleted.attached, deleted.is_open) == (False, (), False)
    assert ("IMEMBER", "release") in [
        (one.group_id, one.action) for one in events if isinstance(one, ActionRequested)
    ]
    assert isinstance(answer, ActionRefused)


def test_unresolve_is_refused_naming_the_newer_open_group():
    _, (answer,) = act(an_action("unresolve"), RESOLVED, NOW, Circumstances(newer_open="INEWER"))

    assert "INEWER" in answer.reason


def test_a_repeated_action_gets_its_first_answer_and_changes_nothing():
    once, _ = act(an_action("acknowledge"), FIRING, NOW)
    later, _ = act(an_action("resolve", id="other"), once, NOW)

    again, (answer,) = act(an_action("acknowledge"), later, NOW)

    assert again == later
    assert isinstance(answer, ActionApplied)


def test_a_repeated_refusal_stays_a_refusal():
    refused, (first,) = act(an_action("unacknowledge"), FIRING, NOW)
    acknowledged, _ = act(an_action("acknowledge", id="other"), refused, NOW)

    again, (second,) = act(an_action("unacknowledge"), acknowledged, NOW)

    assert (again, second.reason) == (acknowledged, first.reason)


def test_an_action_meant_for_an_older_run_is_refused():
    _, (answer,) = act(an_action("resolve", run=1), a_group(run=2), NOW)

    assert isinstance(answer, ActionRefused)


def test_silence_without_a_length_is_for_ever():
    after, _ = act(an_action("silence", delay_s=None), FIRING, NOW)

    assert (after.state, due_at_of(after)) == (State.SILENCED, None)


def test_a_silence_ends_once_and_begins_a_new_run():
    after, events = expire_silence(SILENCED, minute(31))
    again, nothing = expire_silence(after, minute(32))

    assert [type(one) for one in events] == [GroupUnsilenced]
    assert (after.state, after.run) == (State.FIRING, 2)
    assert (again, nothing) == (after, [])


def test_a_silence_does_not_end_early():
    assert expire_silence(SILENCED, minute(30)) == (SILENCED, [])


NOTED = Note(id="n1", text="found it", author=ALICE, created_at=NOW)
PAGED = (Responder(user_id="U1"), Responder(user_id="U2", important=True))
actions = st.sampled_from(list(ACTIONS))
AROUND = Circumstances(reminders=Reminders(600, 300), root=a_group(id="IROOT"))


@given(st.lists(st.tuples(actions, st.integers(0, 9)), max_size=30))
def test_no_sequence_of_actions_leaves_the_four_states_or_lowers_run_and_version(sequence):
    group = FIRING
    for number, (action, id) in enumerate(sequence):
        fields = {"delay_s": 60, "note": NOTED, "responders": PAGED, "root_id": "IROOT"}
        request = an_action(action, id=f"id{id}", **fields)
        after, events = act(request, group, minute(number), AROUND)
        assert after.run >= group.run
        assert after.version >= group.version
        assert (after.version == group.version) == (after == group)
        assert isinstance(events[-1], ActionApplied | ActionRefused)
        assert after.is_firing or after.root_id == group.root_id is not None or after.run == group.run
        group = after

        again, (answer,) = act(request, group, minute(number + 1), AROUND)
        assert (again, type(answer)) == (group, type(events[-1]))
