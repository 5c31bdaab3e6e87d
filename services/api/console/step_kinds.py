"""Every kind of step as a form: what it is called, which fields it has, and what the API's body of it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from multidict import MultiMapping

from services.api.console.people_fields import user_ids
from services.api.console.step_sentences import SIZES
from services.api.refusals import Invalid
from shared.domain.configuration import ConfigSnapshot

FieldKind = Literal["length", "people", "choice", "number", "clock", "zone", "weekdays", "template"]
UNITS = {f"{word}s": size for size, word in SIZES}


@dataclass(frozen=True)
class StepField:
    """One field of a form. `of` names what a choice is made of: schedules, teams, user_groups or webhooks."""

    name: str
    label: str
    kind: FieldKind
    of: str = ""
    hint: str = ""


@dataclass(frozen=True)
class StepKind:
    """One kind of step; `family` is the heading under which it is offered."""

    type: str
    label: str
    family: str
    fields: tuple[StepField, ...] = ()
    can_be_important: bool = False


PAGE, PAUSE, LEAD = "Page somebody", "Wait", "Lead the chain"
SCHEDULE = StepField("schedule", "Schedule", "choice", of="schedules")
PEOPLE_HINT = "Usernames, one to a field."
TEMPLATE_HINT = (
    'A Jinja2 template over payload, labels and alert_group, such as {{ payload.severity == "critical" }}.'
)
KINDS = (
    StepKind(
        "notify_on_call_from_schedule",
        "Whoever is on call in a schedule",
        PAGE,
        (StepField("notify_on_call_from_schedule", "Schedule", "choice", of="schedules"),),
        can_be_important=True,
    ),
    StepKind(
        "notify_persons",
        "Certain people, all at once",
        PAGE,
        (StepField("persons_to_notify", "People", "people", hint=PEOPLE_HINT),),
        can_be_important=True,
    ),
    StepKind(
        "notify_person_next_each_time",
        "People in turn, each time the next",
        PAGE,
        (StepField("persons_to_notify_next_each_time", "People", "people", hint=PEOPLE_HINT),),
        can_be_important=True,
    ),
    StepKind(
        "notify_team_members",
        "All members of a team",
        PAGE,
        (StepField("team_to_notify", "Team", "choice", of="teams"),),
        can_be_important=True,
    ),
    StepKind(
        "notify_next_on_call",
        "Whoever is on call next in a schedule",
        PAGE,
        (SCHEDULE,),
        can_be_important=True,
    ),
    StepKind(
        "notify_user_group",
        "A user group of Slack",
        PAGE,
        (StepField("group_to_notify", "User group", "choice", of="user_groups"),),
        can_be_important=True,
    ),
    StepKind("notify_whole_channel", "Everybody in the route's Slack channel", PAGE),
    StepKind("wait", "For a while", PAUSE, (StepField("duration", "How long", "length"),)),
    StepKind(
        "notify_if_not_acknowledged_within",
        "Until so long after the chain began",
        PAUSE,
        (StepField("duration", "How long after the beginning", "length"),),
    ),
    StepKind(
        "notify_if_time_from_to",
        "For a time of day",
        PAUSE,
        (
            StepField("notify_if_time_from", "From", "clock"),
            StepField("notify_if_time_to", "To", "clock"),
            StepField("time_zone", "Time zone", "zone", hint="Without one both times are UTC."),
            StepField("weekdays", "On these days only", "weekdays"),
        ),
    ),
    StepKind(
        "notify_if_num_alerts_in_window",
        "For many alerts in a short time",
        PAUSE,
        (
            StepField("num_alerts_in_window", "More than so many alerts", "number"),
            StepField("num_minutes_in_window", "Within so many minutes", "number"),
        ),
    ),
    StepKind(
        "wait_until_on_call",
        "Until somebody is on call in a schedule",
        PAUSE,
        (SCHEDULE, StepField("max_duration", "At most", "length")),
    ),
    StepKind(
        "trigger_webhook",
        "Call an outgoing webhook",
        LEAD,
        (StepField("action_to_trigger", "Webhook", "choice", of="webhooks"),),
    ),
    StepKind(
        "continue_if",
        "Go on only if a condition holds",
        LEAD,
        (StepField("continue_if", "Condition", "template", hint=TEMPLATE_HINT),),
    ),
    StepKind("repeat_escalation", "Begin again with the first step", LEAD),
    StepKind("raise_importance", "Use important rules from here on", LEAD),
    StepKind("lower_importance", "Use default rules from here on", LEAD),
    StepKind("resolve", "Resolve the alert group", LEAD),
)
KIND_OF: Mapping[str, StepKind] = {one.type: one for one in KINDS}
FAMILIES = {family: [one for one in KINDS if one.family == family] for family in (PAGE, PAUSE, LEAD)}


def body_of(kind: StepKind, form: MultiMapping[str], config: ConfigSnapshot) -> dict[str, Any]:
    """Return a form as a body of the API.

    Raises:
        Invalid: a field cannot be read.
    """
    body: dict[str, Any] = {one.name: _value(one, form, config) for one in kind.fields}
    if kind.can_be_important:
        body["important"] = "important" in form
    return {"type": kind.type, "condition": form.get("condition", "").strip() or None, **body}


def _value(field: StepField, form: MultiMapping[str], config: ConfigSnapshot) -> Any:
    if field.kind == "people":
        return user_ids(form.getall(field.name, []), config, field.name)
    if field.kind == "weekdays":
        return list(form.getall(field.name, []))
    text = form.get(field.name, "").strip()
    if not text:
        return None
    if field.kind == "length":
        return _number(text, field.name) * UNITS.get(form.get(f"{field.name}_unit", ""), 60)
    if field.kind == "number":
        return _number(text, field.name)
    if field.kind == "clock":
        return text if form.get("time_zone", "").strip() else _of_utc(text)
    return text


def _of_utc(text: str) -> str:
    """Return a time of day as steps without a time zone have it: 09:00:00Z."""
    return f"{text}:00Z" if len(text) == len("09:00") else f"{text}Z"


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Invalid.field(field, "Must be a whole number.")
    return int(text)


def length_parts(seconds: int | None) -> tuple[str, str]:
    """Return a length as a number and the largest unit in which it is whole; nothing, in minutes, for None."""
    if seconds is None:
        return "", "minutes"
    size, word = next(one for one in SIZES if seconds % one[0] == 0)
    return str(seconds // size), f"{word}s"
