"""Escalation chains of an OnCall with their steps ("escalation policies"): ids become names (reference 5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.imported import Row, Taking, Written, part_of, position_of, without_blanks, words

PEOPLE = ("persons_to_notify", "persons_to_notify_next_each_time")
# Parameters that are taken as they are, by the type of their step.
PLAIN: dict[str, tuple[str, ...]] = {
    "wait": ("duration",),
    "notify_if_time_from_to": ("notify_if_time_from", "notify_if_time_to"),
    "notify_if_num_alerts_in_window": ("num_alerts_in_window", "num_minutes_in_window"),
}
# The parameter that refers to an object, and where that stands in a declaration.
REFERENCES = {
    "notify_on_call_from_schedule": ("notify_on_call_from_schedule", "schedules"),
    "trigger_webhook": ("action_to_trigger", "webhooks"),
    "notify_team_members": ("team_to_notify", "teams"),
}
KIND = "escalation chain"
WITHOUT_INCIDENTS = "declares an incident in Grafana, for which there is no step"


def oncall_chains(taking: Taking, lists: Mapping[str, Sequence[Row]]) -> list[Written]:
    """Return the chains with their steps, in order."""
    by_chain: dict[str, list[Row]] = {}
    for row in sorted(lists["escalation_policies"], key=position_of):
        by_chain.setdefault(str(row.get("escalation_chain_id")), []).append(row)
    groups = {str(one.get("id")): part_of(one, "slack") for one in lists["user_groups"]}
    found = []
    for row in lists["escalation_chains"]:
        name = taking.names.of("chains", row.get("id")) or ""
        steps = _Steps(taking, taking.names.label("chains", row.get("id")), groups)
        rows = by_chain.get(str(row.get("id")), [])
        taken = [steps.step(number, one) for number, one in enumerate(rows, 1)]
        team = taking.names.of("teams", row.get("team_id"))
        written = without_blanks({"name": name, "team": team})
        found.append({**written, "steps": [one for one in taken if one is not None]})
    return found


class _Steps:
    """The steps of one chain."""

    def __init__(self, taking: Taking, chain: str, groups: Mapping[str, Row]) -> None:
        self._taking = taking
        self._chain = chain
        self._groups = groups

    def step(self, number: int, row: Row) -> Written | str | None:
        """Return one step; None for one that there is nothing like."""
        kind = words(row.get("type"))
        if kind == "declare_incident":
            self._left_out(number, WITHOUT_INCIDENTS)
            return None
        written: Written = {"type": kind}
        if row.get("important"):
            written["important"] = True
        written |= {name: row[name] for name in PLAIN.get(kind, ()) if row.get(name) is not None}
        written |= self._people(number, row) if kind.startswith("notify_person") else {}
        written |= self._reference(number, kind, row)
        if kind == "notify_user_group":
            self._left_out(number, self._of_group(row.get("group_to_notify")))
        return kind if set(written) == {"type"} else written

    def _people(self, number: int, row: Row) -> Written:
        found: Written = {}
        for parameter in PEOPLE:
            names, gone = self._taking.names.people(row.get(parameter))
            if names:
                found[parameter] = names
            if gone:
                self._left_out(number, f"notifies who is no user any more: {', '.join(gone)}")
        return found

    def _reference(self, number: int, kind: str, row: Row) -> dict[str, Any]:
        if kind not in REFERENCES:
            return {}
        parameter, section = REFERENCES[kind]
        wanted = row.get(parameter)
        found = self._taking.names.reference(section, wanted)
        if wanted and found is None:
            self._left_out(number, f"{parameter} is {wanted}, which OnCall does not list: choose another one")
        return {parameter: found} if found is not None else {}

    def _of_group(self, group_id: Any) -> str:
        group = self._groups.get(str(group_id), {})
        handle = f"@{group['handle']}" if group.get("handle") else f"{group_id}"
        return (
            f"notifies the user group {handle} of Slack: set group_to_notify once Slack is connected here; "
            "until then the step notifies nobody"
        )

    def _left_out(self, number: int, message: str) -> None:
        self._taking.left_out(KIND, self._chain, f"step {number} {message}")
