"""The settings of an integration's page: each part is a form of its own, read into the API's body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web
from multidict import MultiDict

from services.api.console.form_fields import filled, is_ticked, number, pairs, text, written
from services.api.console.integration_access_form import access_body
from services.api.console.integration_again import NOTE_REQUIRED, Again
from services.api.console.integration_page import show_integration
from services.api.console.visits import Visit
from services.api.refusals import Refused
from services.api.resources.integrations import INTEGRATIONS

Form = MultiDict[str]


async def change(visit: Visit) -> web.Response:
    """POST of one part: back to it on the page; with a mistake the page again, the part filled in as it was."""
    integration_id, part = visit.request.match_info["id"], visit.request.match_info["part"]
    objects = visit.objects(INTEGRATIONS)
    if part != "access" and part not in PARTS:
        raise Refused.not_found()
    stored = await objects.read(integration_id)
    try:
        body = access_body(visit.form, stored) if part == "access" else PARTS[part](visit.form)
        await objects.change(integration_id, body)
    except Refused as refused:
        if refused.status != 400:
            raise
        return await show_integration(visit, Again.of(visit, part, refused), refused.status)
    return visit.see(f"/integrations/{integration_id}#{part}")


def _general(form: Form) -> dict[str, Any]:
    return {
        "name": filled(form, "name"),
        "description_short": filled(form, "description_short"),
        "team_id": filled(form, "team_id"),
        "base_url": filled(form, "base_url"),
        "allow_source_based_resolving": is_ticked(form, "allow_source_based_resolving"),
        "each_instance": is_ticked(form, "each_instance"),
    }


def _heartbeat(form: Form) -> dict[str, Any]:
    alerts = {
        name: {part: written(form, f"{name}_{part}") for part in ("title", "message")}
        for name in ("expired", "restored")
    }
    return {"heartbeat": {"timeout_seconds": number(form, "timeout_seconds"), "templates": alerts}}


def _labels(form: Form) -> dict[str, Any]:
    return {
        "labels": [{"key": key, "value": value.strip()} for key, value in pairs(form, "label")],
        "dynamic_labels": [{"key": key, "value": value} for key, value in pairs(form, "dynamic")],
        "label_template": text(form, "label_template").strip() or None,
    }


def _groups(form: Form) -> dict[str, Any]:
    return {
        "acknowledge_reminder": {
            "remind_after": number(form, "remind_after"),
            "unacknowledge_after": number(form, "unacknowledge_after"),
        },
        "escalation_resumes": {
            name: form.get(name, "start") for name in ("after_silence", "after_unacknowledge")
        },
        "resolution_note_required": NOTE_REQUIRED.get(form.get("resolution_note_required", "")),
        "storm": {
            "groups_per_minute": number(form, "groups_per_minute"),
            "digest_interval": number(form, "digest_interval"),
        },
    }


PARTS: dict[str, Callable[[Form], dict[str, Any]]] = {
    "general": _general,
    "heartbeat": _heartbeat,
    "labels": _labels,
    "groups": _groups,
}
