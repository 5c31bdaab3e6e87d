"""A route as it is being written, tried on the integration's last alerts by the preview's own code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.console.visits import Visit
from services.api.preview import MAX_ALERTS, PreviewBody, previewed
from services.api.resources.desk import parse

SHOWN = 20
WRITTEN = "the route being written"


@dataclass(frozen=True)
class TriedAlert:
    """One alert: whether the route takes it (None: an earlier one does), and why; `moves`: it goes elsewhere now."""

    alert_id: str
    title: str
    matched: bool | None
    reason: str
    moves: bool


@dataclass(frozen=True)
class RouteTrial:
    """How many of the last alerts the route would take, and how many of these go elsewhere now."""

    count: int
    taken: int
    moved: int
    alerts: Sequence[TriedAlert]


async def tried(
    visit: Visit,
    routes: Sequence[Mapping[str, Any]],
    route: Mapping[str, Any] | None,
    body: Mapping[str, Any],
) -> RouteTrial:
    """Try a route in its place among the others; a new one comes last before the default one.

    Raises:
        Invalid: it cannot be tried; the field is named.
    """
    ours = route["id"] if route is not None else WRITTEN
    others = [_as_tried(one["id"], one) for one in routes if not one["is_the_last_route"]]
    written = _as_tried(ours, body)
    in_order = [written if one["id"] == ours else one for one in others]
    asked = {
        "integration_id": visit.request.match_info["id"],
        "last": MAX_ALERTS,
        "routes": in_order if route is not None else [*others, written],
    }
    desk = await visit.api.desk(visit.principal)
    found = (await previewed(visit.api, desk, parse(PreviewBody, asked)))["results"]
    alerts = [_tried_alert(one, ours) for one in found]
    return RouteTrial(
        count=len(alerts),
        taken=sum(one.matched is True for one in alerts),
        moved=sum(one.moves for one in alerts),
        alerts=sorted(alerts, key=lambda one: one.matched is not True)[:SHOWN],
    )


def _as_tried(id: str, route: Mapping[str, Any]) -> dict[str, Any]:
    labels = route.get("filtering_labels") or []
    return {
        "id": id,
        "routing_type": route["routing_type"],
        "routing_regex": route["routing_regex"] or "",
        "labels": dict(_label(one) for one in labels),
    }


def _label(label: Mapping[str, Any]) -> tuple[str, str]:
    """Return key and value of a label as the API takes it, or as it shows it."""
    key, value = label["key"], label["value"]
    return (key if isinstance(key, str) else key["name"], value if isinstance(value, str) else value["name"])


def _tried_alert(result: Mapping[str, Any], ours: str) -> TriedAlert:
    trial = next((one for one in result["routes"] if one["id"] == ours), None)
    moves = [one for one in result.get("differences") or () if one["what"] == "route_id"]
    return TriedAlert(
        alert_id=str(result["alert_id"]),
        title=str(result["title"] or result["alert_id"]),
        matched=trial["matched"] if trial is not None else False,
        reason=str(trial["reason"]) if trial is not None else "",
        moves=bool(moves) and ours in (moves[0]["before"], moves[0]["after"]),
    )
