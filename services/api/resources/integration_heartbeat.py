"""The heartbeat of an integration in the public API: what a client sets. What is known of it is added later."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources.checks import template_problem
from services.api.resources.desk import Body
from shared.domain.configuration import Integration
from shared.domain.heartbeat_settings import TIMEOUT_S, HeartbeatTemplates, timeout_fault

ALERTS = ("expired", "restored")
FIELD = "heartbeat"


class HeartbeatTemplatesBody(Body):
    """The texts of one of the two alerts; null is the default text."""

    title: str | None = None
    message: str | None = None


class HeartbeatAlertsBody(Body):
    """The templates of both alerts."""

    expired: HeartbeatTemplatesBody | None = None
    restored: HeartbeatTemplatesBody | None = None


class HeartbeatSettingsBody(Body):
    """What a client writes; `link`, `status` and `last_heartbeat_at` are not among it and are ignored."""

    timeout_seconds: int | None = None
    templates: HeartbeatAlertsBody | None = None


class HeartbeatBody(Body):
    """The part of an integration's body that holds its heartbeat."""

    heartbeat: HeartbeatSettingsBody | None = None


def shown(row: Integration, link: str) -> dict[str, Any]:
    """Return the object; services/api/heartbeats.py fills in what is known of it."""
    settings = row.heartbeat
    return {
        "link": f"{link}heartbeat/",
        "timeout_seconds": settings.timeout_s,
        "status": None,
        "last_heartbeat_at": None,
        "templates": {name: getattr(settings, name).model_dump() for name in ALERTS},
    }


def changes(row: Integration, body: HeartbeatBody) -> dict[str, Any]:
    """Return the changed field of the integration; null puts back to the default.

    Raises:
        Invalid: the timeout is out of bounds, or a template does not compile.
    """
    if not body.sent(FIELD):
        return {}
    sent = body.heartbeat or HeartbeatSettingsBody(timeout_seconds=None, templates=None)
    after: dict[str, Any] = {}
    if sent.sent("timeout_seconds"):
        after["timeout_s"] = _timeout(sent.timeout_seconds)
    if sent.sent("templates"):
        texts = sent.templates or HeartbeatAlertsBody(expired=None, restored=None)
        for name in ALERTS:
            if texts.sent(name):
                after[name] = _merged(getattr(row.heartbeat, name), name, getattr(texts, name))
    return {FIELD: row.heartbeat.model_copy(update=after)}


def _timeout(sent: int | None) -> int:
    timeout_s = TIMEOUT_S if sent is None else sent
    fault = timeout_fault(timeout_s)
    if fault is not None:
        raise Invalid.field(FIELD, f"timeout_seconds: {fault}")
    return timeout_s


def _merged(before: HeartbeatTemplates, name: str, sent: HeartbeatTemplatesBody | None) -> HeartbeatTemplates:
    if sent is None:
        return HeartbeatTemplates()
    after = {part: text or None for part, text in sent.model_dump(exclude_unset=True).items()}
    for part, text in after.items():
        problem = template_problem(text) if text is not None else None
        if problem is not None:
            raise Invalid.field(FIELD, f"templates.{name}.{part}: {problem}")
    return before.model_copy(update=after)
