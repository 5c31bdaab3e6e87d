"""Escalations of an Opsgenie account as chains: delays since the alert become waits between the steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shared.domain.imported import Row, Taking, Written, part_of, rows_of, waits, without_blanks, words
from shared.domain.steps.flow import MAX_REPEATS

KIND = "escalation chain"
UNITS_S = {"minutes": 60, "hours": 3_600, "days": 86_400}
# By the type of recipient: the step, its parameter, and where the recipient stands in a declaration.
STEPS = {
    "user": ("notify_persons", "persons_to_notify", "users"),
    "schedule": ("notify_on_call_from_schedule", "notify_on_call_from_schedule", "schedules"),
    "team": ("notify_team_members", "team_to_notify", "teams"),
}
NEXT = ("notify_next_on_call", "schedule", "schedules")
# How much of a recipient is notified by the step as it is.
AS_IT_IS = {"user": ("default",), "schedule": ("default", "next"), "team": ("default", "all")}


def opsgenie_chains(taking: Taking, rows: Sequence[Row]) -> list[Written]:
    """Return the chains with their steps, in order."""
    found = []
    for row in rows:
        label = taking.names.label("chains", row.get("id"))
        head = {
            "name": taking.names.of("chains", row.get("id")),
            "team": taking.names.of("teams", part_of(row, "ownerTeam").get("id")),
        }
        found.append({**without_blanks(head), "steps": list(_steps(taking, label, row))})
    return found


def _steps(taking: Taking, label: str, row: Row) -> Iterator[Written | str]:
    passed_s = 0
    rules = sorted(rows_of(row.get("rules")), key=lambda one: _seconds(part_of(one, "delay")))
    for number, rule in enumerate(rules, 1):
        delay_s = _seconds(part_of(rule, "delay"))
        yield from waits(delay_s - passed_s)
        passed_s = max(passed_s, delay_s)
        if words(rule.get("condition")) not in ("", "if-not-acked"):
            message = f"rule {number} is for alerts that are not closed: here an acknowledge ends the chain"
            taking.left_out(KIND, label, message)
        step = _step(taking, label, number, rule)
        if step is not None:
            yield step
    repeat = part_of(row, "repeat")
    count = repeat.get("count") or 0
    if count:
        yield from waits(_whole(repeat.get("waitInterval")) * 60)
        yield "repeat_escalation"
        if count != MAX_REPEATS:
            taking.left_out(KIND, label, f"is repeated {count} times there, and {MAX_REPEATS} times here")
    if repeat.get("closeAlertAfterAll"):
        yield "resolve"


def _step(taking: Taking, label: str, number: int, rule: Row) -> Written | None:
    recipient, how = part_of(rule, "recipient"), words(rule.get("notifyType")) or "default"
    kind = words(recipient.get("type"))
    if kind not in STEPS:
        taking.left_out(KIND, label, f"rule {number} notifies a recipient of the type {kind!r}")
        return None
    if how not in AS_IT_IS[kind]:
        taking.left_out(
            KIND, label, f"rule {number} notifies {how!r} of a {kind}: here it is the whole of it"
        )
    step, parameter, section = NEXT if (kind, how) == ("schedule", "next") else STEPS[kind]
    found = taking.names.reference(section, recipient.get("id"))
    if found is None:
        who = words(recipient.get("username")) or words(recipient.get("name")) or recipient.get("id")
        taking.left_out(KIND, label, f"rule {number} notifies what is not in the export: {who}")
        return None
    return {"type": step, parameter: [found] if kind == "user" else found}


def _seconds(delay: Row) -> int:
    return _whole(delay.get("timeAmount")) * UNITS_S.get(words(delay.get("timeUnit")), 60)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
