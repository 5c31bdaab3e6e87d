"""Escalation policies of a PagerDuty account as chains: the targets of a rule, then its delay, then the next rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.domain.imported import Row, Taking, Written, part_of, rows_of, waits, without_blanks, words
from shared.domain.steps.flow import MAX_REPEATS

KIND = "escalation chain"


def pagerduty_chains(taking: Taking, rows: Sequence[Row]) -> list[Written]:
    """Return the chains with their steps, in order."""
    found = []
    for row in rows:
        teams = rows_of(row.get("teams"))
        label = taking.names.label("chains", row.get("id"))
        if len(teams) > 1:
            taking.told(KIND, label, "is of several teams, so it is nobody's here")
        team = taking.names.of("teams", teams[0].get("id")) if len(teams) == 1 else None
        name = taking.names.of("chains", row.get("id"))
        steps = list(_steps(taking, label, row))
        found.append({**without_blanks({"name": name, "team": team}), "steps": steps})
    return found


def _steps(taking: Taking, label: str, row: Row) -> Iterator[Written | str]:
    rules, loops = rows_of(row.get("escalation_rules")), row.get("num_loops") or 0
    for number, rule in enumerate(rules, 1):
        yield from _notified(taking, label, number, rule)
        if number < len(rules) or loops:
            minutes = rule.get("escalation_delay_in_minutes")
            yield from waits(minutes * 60 if isinstance(minutes, int) else 0)
    if loops:
        if loops != MAX_REPEATS:
            taking.left_out(KIND, label, f"is repeated {loops} times there, and {MAX_REPEATS} times here")
        yield "repeat_escalation"


def _notified(taking: Taking, label: str, number: int, rule: Row) -> Iterator[Written]:
    """Return the steps for the targets of one rule."""
    targets = rows_of(rule.get("targets"))
    people = [one.get("id") for one in targets if words(one.get("type")).startswith("user")]
    names, gone = taking.names.people(people)
    takes_turns = part_of(rule, "escalation_rule_assignment_strategy").get("type") == "round_robin"
    if names and takes_turns and len(names) > 1:
        yield {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": names}
    elif names:
        yield {"type": "notify_persons", "persons_to_notify": names}
    for one in targets:
        if not words(one.get("type")).startswith("schedule"):
            continue
        schedule = taking.names.reference("schedules", one.get("id"))
        if schedule is None:
            gone.append(words(one.get("summary")) or str(one.get("id")))
        else:
            yield {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": schedule}
    if takes_turns and len(names) < len(targets):
        taking.left_out(
            KIND, label, f"rule {number}: only people take turns; its schedules are told each time"
        )
    if gone:
        taking.left_out(KIND, label, f"rule {number} notifies what is not in the export: {', '.join(gone)}")
