"""Steps of escalation chains ("escalation policies" in the public API), each with the parameters of its type."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from services.api.refusals import Invalid
from services.api.resources.checks import template_problem
from services.api.resources.desk import Body, Desk, Flag, Resource, by_field, required
from services.api.resources.positions import place
from shared.domain.configuration import Chain, StepConfig
from shared.domain.declaration_names import STEP_REFERENCES as REFERENCES
from shared.domain.declaration_names import Referred
from shared.domain.steps import LONGEST_TEMPLATE
from shared.domain.steps import STEPS as STEP_TYPES

TEMPLATES = ("condition", "continue_if")
NEXT_EACH_TIME = "persons_to_notify_next_each_time"
# What clients call a parameter by another name.
OTHER_NAMES = {NEXT_EACH_TIME: "persons_to_notify", "notify_on_call_from_schedule": "schedule_id"}


class StepBody(Body):
    """What a client writes of a step: the parameters of all types; those of another type are ignored.

    `notify_person_next_each_time` takes its people as `persons_to_notify` too, and
    `notify_on_call_from_schedule` its schedule as `schedule_id`, as existing clients write them.
    """

    escalation_chain_id: str | None = None
    position: int | None = None
    manual_order: Flag | None = None
    type: str | None = None
    important: Flag | None = None
    condition: str | None = None
    duration: int | None = None
    persons_to_notify: list[str] | None = None
    persons_to_notify_next_each_time: list[str] | None = None
    action_to_trigger: str | None = None
    notify_on_call_from_schedule: str | None = None
    schedule_id: str | None = None
    schedule: str | None = None
    max_duration: int | None = None
    team_to_notify: str | None = None
    group_to_notify: str | None = None
    notify_if_time_from: str | None = None
    notify_if_time_to: str | None = None
    time_zone: str | None = None
    weekdays: list[str] | None = None
    num_alerts_in_window: int | None = None
    num_minutes_in_window: int | None = None
    continue_if: str | None = None


def show(_desk: Desk, row: StepConfig, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape: of the parameters only those of the type."""
    shape: dict[str, Any] = {
        "id": row.id,
        "escalation_chain_id": row.escalation_chain_id,
        "position": row.position,
        "type": row.type,
    }
    if _can_be_important(row):
        shape["important"] = row.important
    if row.condition is not None:
        shape["condition"] = row.condition
    return shape | row.parameters


def select(desk: Desk, query: dict[str, str]) -> list[StepConfig]:
    """Return steps chain by chain, in order."""
    if "escalation_chain_id" in query:
        rows = desk.draft.find(StepConfig, "escalation_chain_id", query["escalation_chain_id"])
    else:
        rows = desk.draft.all(StepConfig)
    return sorted(rows, key=lambda one: (one.escalation_chain_id, one.position, one.id))


def create(desk: Desk, body: StepBody) -> StepConfig:
    """Add a step to a chain."""
    chain = desk.existing(
        Chain, required(body.escalation_chain_id, "escalation_chain_id"), "escalation_chain_id"
    )
    assert chain is not None
    kind = required(body.type, "type")
    row = StepConfig(id=desk.new_id(StepConfig), escalation_chain_id=chain.id, type=kind)
    return _stored(desk, row, body, now=None)


def change(desk: Desk, row: StepConfig, body: StepBody) -> StepConfig:
    """Change a step; another type drops the parameters of the old one."""
    if body.escalation_chain_id not in (None, "", row.escalation_chain_id):
        raise Invalid.field("escalation_chain_id", "A step cannot move to another chain.")
    kind = body.type or row.type
    if kind != row.type:
        row = row.model_copy(update={"type": kind, "parameters": {}, "important": False})
    return _stored(desk, row, body, now=row.position)


def remove(desk: Desk, row: StepConfig) -> None:
    """Remove a step; the others keep their places."""
    desk.draft.remove(row)


def _stored(desk: Desk, row: StepConfig, body: StepBody, now: int | None) -> StepConfig:
    _check_templates(body)
    position = row.position if now is not None and body.position is None else _placed(desk, row, body, now)
    changes: dict[str, Any] = {"position": position, "parameters": _parameters(desk, row, body)}
    if _can_be_important(row) and body.important is not None:
        changes["important"] = body.important
    if body.sent("condition"):
        changes["condition"] = (body.condition or "").strip() or None
    after = row.model_copy(update=changes)
    desk.draft.put(after)
    return after


def _parameters(desk: Desk, row: StepConfig, body: StepBody) -> dict[str, Any]:
    """Return the parameters of the row's type: those stored, changed by those sent, checked by the step itself."""
    known = STEP_TYPES.get(row.type)
    if known is None:
        raise Invalid.field("type", f"Must be one of {', '.join(STEP_TYPES)}.")
    sent = _sent(body, known.model.model_fields)
    given = {name: value for name, value in {**row.parameters, **sent}.items() if value is not None}
    try:
        step = known.model.model_validate(given)
    except ValidationError as error:
        raise Invalid(by_field(error)) from error
    for name, target in REFERENCES.items():
        if sent.get(name):
            _check_references(desk, target, sent[name], name)
    return step.model_dump(mode="json")


def _sent(body: StepBody, names: Any) -> dict[str, Any]:
    """Return what was sent of a type's parameters, by their own names."""
    sent = {name: getattr(body, name) for name in names if body.sent(name)}
    for name, other in OTHER_NAMES.items():
        if name in names and sent.get(name) is None and getattr(body, other) is not None:
            sent[name] = getattr(body, other)
    return sent


def _check_templates(body: StepBody) -> None:
    for name in TEMPLATES:
        text = getattr(body, name)
        if text is None:
            continue
        if len(text) > LONGEST_TEMPLATE:
            raise Invalid.field(name, f"No more than {LONGEST_TEMPLATE} characters.")
        problem = template_problem(text)
        if problem is not None:
            raise Invalid.field(name, problem)


def _can_be_important(row: StepConfig) -> bool:
    known = STEP_TYPES.get(row.type)
    return known is not None and known.can_be_important


def _check_references(desk: Desk, target: Referred, value: str | list[str], field: str) -> None:
    for one in [value] if isinstance(value, str) else value:
        desk.existing(target, one, field)


def _placed(desk: Desk, row: StepConfig, body: StepBody, now: int | None) -> int:
    siblings = {
        one.id: one
        for one in desk.draft.find(StepConfig, "escalation_chain_id", row.escalation_chain_id)
        if one.id != row.id
    }

    def move(step_id: str, position: int) -> None:
        desk.draft.put(siblings[step_id].model_copy(update={"position": position}))

    return place(list(siblings.values()), body.position, now, bool(body.manual_order), move)


STEPS = Resource(
    name="escalation_policies",
    model=StepConfig,
    body=StepBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
