"""The configuration of a PagerDuty account, as its REST API v2 lists it, as a declaration.

`found` holds the rows of each list by its name; services become integrations that take PagerDuty's events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.domain.imported import (
    Imported,
    Row,
    SavedAnswer,
    Taking,
    Written,
    part_of,
    rows_of,
    without_blanks,
    words,
)
from shared.domain.imported_names import usernames
from shared.domain.imported_pagerduty_chains import pagerduty_chains
from shared.domain.imported_pagerduty_people import pagerduty_users
from shared.domain.imported_pagerduty_schedules import pagerduty_schedules
from shared.domain.imported_pagerduty_services import name_services, pagerduty_services

# The lists, each with the name that one row of it goes by.
LISTS = {
    "users": "user",
    "teams": "team",
    "schedules": "schedule",
    "escalation_policies": "escalation_policy",
    "services": "service",
}
Found = Mapping[str, Sequence[Row]]


def saved_pagerduty(answer: Row) -> SavedAnswer:
    """Return the rows of an answer: of a list, of one object, or of several lists put together."""
    rows = [(name, row) for name in LISTS for row in rows_of(answer.get(name))]
    rows += [(name, part_of(answer, one)) for name, one in LISTS.items() if part_of(answer, one)]
    more = answer.get("more")
    return SavedAnswer(tuple(rows), more if isinstance(more, bool) else None)


def imported_pagerduty(found: Found, of_set: str, now: datetime) -> Imported:
    """Return what the lists of a PagerDuty account say as a declaration of a set."""
    taking = Taking()
    lists = {name: found.get(name, ()) for name in LISTS}
    addresses = [words(one.get("email")) or words(one.get("name")) for one in lists["users"]]
    for row, username in zip(lists["users"], usernames(addresses), strict=True):
        taking.name("users", "user", row, username)
    for row in lists["teams"]:
        taking.name("teams", "team", row, words(row.get("name")) or words(row.get("summary")))
    for list_name, section, kind in (
        ("schedules", "schedules", "schedule"),
        ("escalation_policies", "chains", "escalation chain"),
    ):
        for row in lists[list_name]:
            wanted = words(row.get("name")) or words(row.get("summary"))
            taking.name(section, kind, row, wanted, team_id_of(row))
    name_services(taking, lists["services"])
    sections: dict[str, list[Written]] = {
        "users": pagerduty_users(taking, lists["users"]),
        "teams": _teams(taking, lists["teams"], lists["users"]),
        "schedules": pagerduty_schedules(taking, lists["schedules"], now),
        "chains": pagerduty_chains(taking, lists["escalation_policies"]),
        "integrations": pagerduty_services(taking, lists["services"]),
    }
    return taking.result(of_set, sections)


def team_id_of(row: Row) -> str | None:
    """Return the team of an object that is one team's; of several teams it is nobody's here."""
    teams = rows_of(row.get("teams"))
    return str(teams[0].get("id")) if len(teams) == 1 else None


def _teams(taking: Taking, rows: Sequence[Row], users: Sequence[Row]) -> list[Written]:
    found = []
    for row in rows:
        members = [
            one.get("id")
            for one in users
            if any(team.get("id") == row.get("id") for team in rows_of(one.get("teams")))
        ]
        written = {
            "name": taking.names.of("teams", row.get("id")),
            "members": taking.names.people(members)[0],
        }
        found.append(without_blanks(written))
    return found
