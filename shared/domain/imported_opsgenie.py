"""The configuration of an Opsgenie account, as the lists of its REST API say, as a declaration.

The lists say nothing of notification rules, of teams' routing rules and of API keys.
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
from shared.domain.imported_opsgenie_chains import opsgenie_chains
from shared.domain.imported_opsgenie_integrations import opsgenie_integrations
from shared.domain.imported_opsgenie_people import opsgenie_users
from shared.domain.imported_opsgenie_schedules import opsgenie_schedules

LISTS = ("users", "teams", "schedules", "escalations", "integrations")
WITHOUT_RULES = "the lists have no notification rules: everybody begins without any"
Found = Mapping[str, Sequence[Row]]


def saved_opsgenie(answer: Row) -> SavedAnswer:
    """Return the rows of an answer: of a list, of one object, or of several answers put together by list."""
    inner = answer.get("data")
    rows = [inner] if isinstance(inner, Mapping) else rows_of(inner)
    found = [(_list_of(one), one) for one in rows]
    for name in LISTS:
        part = answer.get(name)
        rows = rows_of(part.get("data")) if isinstance(part, Mapping) else rows_of(part)
        found += [(name, one) for one in rows]
    has_more = bool(part_of(answer, "paging").get("next")) if "paging" in answer else None
    return SavedAnswer(tuple(found), has_more)


def _list_of(row: Row) -> str:
    """Return the list that a row is of; the answers themselves do not say it."""
    if "username" in row:
        return "users"
    if "rotations" in row or "timezone" in row:
        return "schedules"
    if "rules" in row:
        return "escalations"
    return "integrations" if "type" in row else "teams"


def imported_opsgenie(found: Found, of_set: str, now: datetime) -> Imported:
    """Return what the lists of an Opsgenie account say as a declaration of a set."""
    taking = Taking()
    lists = {name: found.get(name, ()) for name in LISTS}
    _name_all(taking, lists)
    if lists["users"]:
        taking.left_out("users", "", WITHOUT_RULES)
    sections: dict[str, list[Written]] = {
        "users": opsgenie_users(taking, lists["users"]),
        "teams": [_team(taking, one) for one in lists["teams"]],
        "schedules": opsgenie_schedules(taking, lists, now),
        "chains": opsgenie_chains(taking, lists["escalations"]),
        "integrations": opsgenie_integrations(taking, lists),
    }
    return taking.result(of_set, sections)


def _name_all(taking: Taking, lists: Found) -> None:
    addresses = [words(one.get("username")) for one in lists["users"]]
    for row, username in zip(lists["users"], usernames(addresses), strict=True):
        taking.name("users", "user", row, username)
    for row in lists["teams"]:
        taking.name("teams", "team", row, words(row.get("name")))
    for row in lists["schedules"]:
        taking.name("schedules", "schedule", row, words(row.get("name")), part_of(row, "ownerTeam").get("id"))
    for row in lists["escalations"]:
        owner = part_of(row, "ownerTeam").get("id")
        taking.name("chains", "escalation chain", row, words(row.get("name")), owner)
    for row in lists["integrations"]:
        taking.name("integrations", "integration", row, words(row.get("name")), row.get("teamId"))


def _team(taking: Taking, row: Row) -> Written:
    name = taking.names.of("teams", row.get("id")) or ""
    if "members" not in row:
        taking.left_out("team", name, "its members are not in the export: ask for each team by its id")
    ids = [part_of(one, "user").get("id") for one in rows_of(row.get("members"))]
    members, gone = taking.names.people(ids)
    if gone:
        taking.left_out("team", name, f"members who are not in the export: {', '.join(gone)}")
    return without_blanks({"name": name, "members": members})
