"""The filters of the alert-group list, as a query of the store."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from multidict import MultiMapping

from services.api.refusals import Invalid
from shared.domain.configuration import Integration
from shared.domain.configuration_draft import Tables
from shared.domain.model import State

# "new" is the filter's word for firing.
STATES = {"new": "firing", **{str(one): str(one) for one in State}}


def group_query(asked: MultiMapping[str], tables: Tables) -> dict[str, Any]:
    """Return the query for `id`, `route_id`, `integration_id`, `team_id`, `state`, `started_at`, `label` and `name`.

    Of several states, integrations or teams one must hold, of several labels all. `name` stands in the title,
    in any case.

    Raises:
        Invalid: a state, an instant or a label that cannot be read; the filter is named.
    """
    query: dict[str, Any] = {}
    for name, field in (("id", "_id"), ("route_id", "route_id")):
        if name in asked:
            query[field] = asked[name]
    if "integration_id" in asked or "team_id" in asked:
        query["integration_id"] = _integrations(asked, tables.of(Integration).values())
    states = [_state(one) for one in asked.getall("state", [])]
    if states:
        query["state"] = states[0] if len(states) == 1 else {"$in": states}
    if "started_at" in asked:
        query["opened_at"] = _between(asked["started_at"])
    labels = [_label(one) for one in asked.getall("label", [])]
    if labels:
        query["labels"] = {"$all": [{"$elemMatch": one} for one in labels]}
        # What follows from the above, said so that the index of labels is used.
        query["labels.key"] = labels[0]["key"]
    if asked.get("name"):
        query["title"] = in_title(asked["name"], "name")
    return query


def in_title(text: str, filter: str) -> dict[str, str]:
    """Return what a title must be that holds a text, in any case.

    Raises:
        Invalid: no title can hold it; the filter is named.
    """
    if "\0" in text:
        raise Invalid.field(filter, "Must not hold a null character.")
    return {"$regex": re.escape(text), "$options": "i"}


def _state(word: str) -> str:
    if word not in STATES:
        raise Invalid.field("state", f"Must be one of {', '.join(STATES)}.")
    return STATES[word]


def _integrations(asked: MultiMapping[str], known: Iterable[Integration]) -> dict[str, list[str]]:
    """Return what the integration of a group must be: one of those, and one of a team of those."""
    wanted, teams = asked.getall("integration_id", None), asked.getall("team_id", None)
    one_of: dict[str, list[str]] = {"$in": wanted} if wanted is not None else {}
    if teams is None:
        return one_of
    of_teams = _of_teams({None if one in ("null", "") else one for one in teams}, known)
    if wanted is not None and "$in" in of_teams:
        return {"$in": [one for one in wanted if one in of_teams["$in"]]}
    return one_of | of_teams


def _of_teams(teams: Collection[str | None], known: Iterable[Integration]) -> dict[str, list[str]]:
    """Return what an integration of these teams is; a group whose integration is gone is of no team."""
    if None in teams:
        return {"$nin": [one.id for one in known if one.team_id not in teams]}
    return {"$in": [one.id for one in known if one.team_id in teams]}


def _between(text: str) -> dict[str, datetime]:
    """Read `A_B`, two instants of ISO 8601; without a zone they are UTC."""
    try:
        first, last = (_aware(datetime.fromisoformat(part)) for part in text.split("_"))
    except (ValueError, OverflowError) as error:
        raise Invalid.field(
            "started_at", "Must be two instants of ISO 8601 with an underscore between."
        ) from error
    return {"$gte": first, "$lte": last}


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _label(text: str) -> dict[str, str]:
    key, colon, value = text.partition(":")
    if not colon:
        raise Invalid.field("label", "Must be key:value.")
    return {"key": key, "value": value}
