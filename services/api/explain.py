"""Why an alert went where it went, and why nobody was paged if nobody was: the trace, told as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API, Api
from services.api.group_shapes import instant
from services.api.history import records_of
from services.api.refusals import Refused
from services.api.trace import Envelope, trace_of
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Alert, Group
from shared.domain.template_jobs import PreviewJob
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.journal import Journal

# What the escalator says when it goes on or pages, and what therefore is no reason for silence.
NO_REASON = {
    "started",
    "goes_on",
    "paged",
    "webhook",
    "post",
    "repeated",
    "joined",
    "released",
    "repeated_chain",
    "went_on",
    "unchanged",
    "refreshed",
}
# The lines of a trace that decide something about this alert.
STAGES = ("receiver", "heartbeat", "api", "router", "grouper", "renderer", "escalator")


async def explain(request: web.Request) -> web.Response:
    """GET: the decisions on an alert with their reasons, its routes tried again, who was told, or why nobody was."""
    api = request.app[API]
    await api.caller(request)
    alert_id = request.match_info["id"]
    envelopes = await records_of(api, alert_id)
    if not envelopes:
        raise Refused.not_found()
    stored = (await Alerts(api.database).get_many([alert_id])).get(alert_id)
    group = await _group(api, envelopes, alert_id)
    of_group = await Journal(api.database).of_group(group.id) if group is not None else []
    told = explanation(alert_id, envelopes, of_group, group)
    config = (await api.configuration.tables()).snapshot()
    told["routes"] = await _routes(api, stored, config) if stored is not None else []
    told["routes_are_current"] = _routed_with(envelopes) == config.version
    return json_answer(told)


async def _group(api: Api, envelopes: Sequence[Envelope], alert_id: str) -> Group | None:
    group_id = trace_of(alert_id, envelopes)["group_id"]
    return await AlertGroups(api.database).get(group_id) if group_id else None


async def _routes(api: Api, alert: Alert, config: ConfigSnapshot) -> list[dict[str, Any]]:
    """Try the routes of today on the alert, each with what came of it."""
    integration = config.integration_by_id.get(alert.integration_id)
    if integration is None:
        return []
    job = PreviewJob(
        type=integration.type,
        payload=alert.payload,
        integration=integration,
        routes=config.routes_of.get(integration.id, ()),
        read_as=alert.read_as,
        alert_id=alert.id,
    )
    sandbox = await api.playground.sandbox()
    (found,) = await sandbox.preview([job], clock.now())
    return [one.model_dump() for one in found.routes]


def explanation(
    alert_id: str, envelopes: Sequence[Envelope], of_group: Sequence[Envelope], group: Group | None
) -> dict[str, Any]:
    """Return the explanation from the alert's journal, its group's journal, and the group as it is now."""
    way = trace_of(alert_id, envelopes)
    pages = trace_of(alert_id, of_group)["pages"] if of_group else way["pages"]
    reasons = [] if pages else _reasons(envelopes, of_group, group)
    return {
        "alert_id": alert_id,
        "group_id": group.id if group is not None else way["group_id"],
        "group_state": str(group.state) if group is not None else None,
        "summary": _summary(pages, reasons, group),
        "decisions": _decisions(way["stages"]),
        "grouped_by": _grouped_by(envelopes),
        "pages": pages,
        "nobody_was_paged_because": reasons,
    }


def _decisions(stages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("at", "stage", "decision", "reason", "event_type", "config_version")
    return [
        {name: one[name] for name in names} for one in stages if one["stage"] in STAGES and one["decision"]
    ]


def _grouped_by(envelopes: Sequence[Envelope]) -> dict[str, Any] | None:
    """Return the text that groups the alert, None in it where nothing does."""
    routed = next((one for one in envelopes if one["type"].startswith("alert.routed.")), None)
    if routed is None:
        return None
    data = routed.get("data") or {}
    return {
        "grouping_key": data.get("grouping_key"),
        "resolve": bool(data.get("resolve")),
        "acknowledge": bool(data.get("acknowledge")),
        "labels": data.get("labels") or {},
        "problems": data.get("problems") or [],
    }


def _reasons(
    envelopes: Sequence[Envelope], of_group: Sequence[Envelope], group: Group | None
) -> list[dict[str, Any]]:
    """Return why nobody was paged, the oldest reason first; each is said once."""
    if group is None:
        return [_still_under_way(envelopes)]
    found: dict[str, dict[str, Any]] = {}
    for one in (*envelopes, *of_group):
        stage = (one.get("data") or {}).get("stage")
        decision, reason = one.get("decision", ""), one.get("reason", "")
        speaks = stage == "escalator" and decision not in NO_REASON
        if speaks or decision in ("nothing_to_resolve", "already_resolved", "joined_late"):
            line = {
                "at": one.get("time"),
                "stage": stage or "grouper",
                "decision": decision,
                "reason": reason,
            }
            found.setdefault(f"{decision} {reason}", line)
    if not found:
        return [_still_under_way(of_group or envelopes)]
    return sorted(found.values(), key=lambda one: str(one["at"]))


def _still_under_way(envelopes: Sequence[Envelope]) -> dict[str, Any]:
    last = envelopes[-1]
    reason = f"nothing was decided about paging yet; the last thing that happened is {last['type']}"
    return {"at": last.get("time"), "stage": "", "decision": "under_way", "reason": reason}


def _summary(pages: Sequence[dict[str, Any]], reasons: Sequence[dict[str, Any]], group: Group | None) -> str:
    if not pages:
        return "Nobody was paged: " + "; ".join(one["reason"] for one in reasons) + "."
    arrived = sum(one["outcome"] == "delivered" for one in pages)
    count = f"{group.alerts_count} alerts" if group is not None and group.alerts_count != 1 else "this alert"
    state = f"; it is {group.state} now" if group is not None else ""
    since = f" since {instant(group.opened_at)}" if group is not None else ""
    return f"{len(pages)} pages were asked for by its group ({count}{since}), {arrived} arrived{state}."


def _routed_with(envelopes: Sequence[Envelope]) -> int:
    routed = next((one for one in envelopes if one["type"].startswith("alert.routed.")), {})
    return int(routed.get("configversion", 0))
