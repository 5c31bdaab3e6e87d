"""Steps that notify people who are named, directly or by their turn."""

from __future__ import annotations

from pydantic import Field

from shared.domain.model import Frozen
from shared.domain.steps.asking import Turn
from shared.domain.steps.step import Moment, StepResult, StepType, notified, users_of

NOBODY = "nobody is selected, or they were deleted"


class NotifyPersons(Frozen):
    """Start the personal notification rules of these users, all at once."""

    persons_to_notify: tuple[str, ...] = ()


class NotifyPersonNextEachTime(Frozen):
    """Notify one of these users: each time the next one by username, over all groups."""

    persons_to_notify_next_each_time: tuple[str, ...] = Field(default=())


def notify_persons(step: NotifyPersons, moment: Moment) -> StepResult:
    """Notify users; those who no longer exist are left out."""
    return notified(users_of(moment.config, step.persons_to_notify), moment, "", NOBODY)


def notify_person_next_each_time(step: NotifyPersonNextEachTime, moment: Moment) -> StepResult:
    """Notify whose turn it is."""
    known = users_of(moment.config, step.persons_to_notify_next_each_time)
    if not known:
        return notified((), moment, "the next in turn", NOBODY)
    ordered = tuple(one.id for one in sorted(known, key=lambda one: (one.username, one.id)))
    chosen = moment.answers.turn(Turn(moment.step.id, moment.draw_id, ordered))
    return notified(users_of(moment.config, (chosen,)), moment, f"the next of {len(ordered)} in turn", NOBODY)


STEPS = {
    "notify_persons": StepType(NotifyPersons, notify_persons, can_be_important=True),
    "notify_person_next_each_time": StepType(
        NotifyPersonNextEachTime, notify_person_next_each_time, can_be_important=True
    ),
}
