"""The configuration of a Grafana OnCall, as its public API tells it, as a declaration (reference 10.9).

`found` holds the rows of each list of the API by its name; what the API does not tell is noted object by object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.domain.imported import Imported, Row, Taking, Written, items_of, without_blanks, words
from shared.domain.imported_oncall_chains import oncall_chains
from shared.domain.imported_oncall_integrations import oncall_integrations
from shared.domain.imported_oncall_people import oncall_users
from shared.domain.imported_oncall_schedules import oncall_schedules, oncall_shared_shifts
from shared.domain.imported_oncall_webhooks import oncall_webhooks

# The lists that are read. OnCalls of some versions do not have the latter ones.
LISTS = (
    *("users", "teams", "on_call_shifts", "schedules", "escalation_chains", "escalation_policies"),
    *("integrations", "routes", "personal_notification_rules"),
)
LISTS_OF_SOME = ("webhooks", "user_groups", "slack_channels", "shift_swaps")
HIDES = "hides what belongs to it from others, which is seen by everybody here"
Found = Mapping[str, Sequence[Row]]


def imported_oncall(found: Found, of_set: str, now: datetime) -> Imported:
    """Return what the lists of an OnCall say as a declaration of a set."""
    taking = Taking()
    lists = {name: found.get(name, ()) for name in (*LISTS, *LISTS_OF_SOME)}
    _name_all(taking, lists)
    sections: dict[str, list[Written]] = {
        "users": oncall_users(taking, lists["users"], lists["personal_notification_rules"]),
        "teams": _teams(taking, lists["teams"], lists["users"]),
        "webhooks": oncall_webhooks(taking, lists["webhooks"]),
        "shifts": oncall_shared_shifts(taking, lists, now),
        "schedules": oncall_schedules(taking, lists, now),
        "chains": oncall_chains(taking, lists),
        "integrations": oncall_integrations(taking, lists),
    }
    return taking.result(of_set, sections)


def _name_all(taking: Taking, lists: Found) -> None:
    """Give every object its name before anything refers to it."""
    for row in lists["users"]:
        taking.name("users", "user", row, words(row.get("username")))
    for row in lists["teams"]:
        taking.name("teams", "team", row, words(row.get("name")))
    for row in lists["webhooks"]:
        taking.name("webhooks", "webhook", row, words(row.get("name")))
    of_team = (
        ("schedules", "schedules", "schedule"),
        ("escalation_chains", "chains", "escalation chain"),
        ("integrations", "integrations", "integration"),
    )
    for list_name, section, kind in of_team:
        for row in lists[list_name]:
            taking.name(section, kind, row, words(row.get("name")), row.get("team_id"))


def _teams(taking: Taking, rows: Sequence[Row], users: Sequence[Row]) -> list[Written]:
    found = []
    for row in rows:
        members = [one.get("id") for one in users if row.get("id") in items_of(one.get("teams"))]
        written = {
            "name": taking.names.of("teams", row.get("id")),
            "email": row.get("email"),
            "avatar_url": row.get("avatar_url"),
            "members": taking.names.people(members)[0],
        }
        if row.get("is_sharing_resources_to_all") is False:
            taking.left_out("team", words(written["name"]), HIDES)
        found.append(without_blanks(written))
    return found
