"""The filters of the alert-group list, as a query of the store."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Return the query for `id`, `route_id`, `integration_id`, `team_id`, `state`, `started_at` and `label`.

    Of several states one must hold, of several labels all.

    Raises:
        Invalid: a state, an instant or a label that cannot be read; the filter is named.
    """
    query: dict[str, Any] = {}
    for name, field in (("id", "_id"), ("route_id", "route_id"), ("integration_id", "integration_id")):
        if name in asked:
            query[field] = asked[name]
    if "team_id" in asked:
        query = {"$and": [query, {"integration_id": _of_team(asked["team_id"], tables.of(Integration))}]}
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
    return query


def _state(word: str) -> str:
    if word not in STATES:
        raise Invalid.field("state", f"Must be one of {', '.join(STATES)}.")
    return STATES[word]


def _of_team(team_id: str, integrations: Mapping[str, Integration]) -> dict[str, list[str]]:
    """Return what the integration of a team's groups must be; a group whose integration is gone is of no team."""
    if team_id in ("null", ""):
        return {"$nin": [one.id for one in integrations.values() if one.team_id is not None]}
    return {"$in": [one.id for one in integrations.values() if one.team_id == team_id]}


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
