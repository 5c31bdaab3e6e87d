"""Evaluates the templates of one outgoing webhook: trigger, url, headers, data, in this order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.webhook_event import WebhookJob, WebhookTexts
from shared.templates import TemplateFailure, evaluate, is_true

SAID_LIMIT = 1000


def render_webhook(job: WebhookJob, now: datetime) -> WebhookTexts:
    """Return the texts of the request; the first template that fails ends it.

    In headers and data, which people write as JSON by hand, the event's strings come escaped for JSON.
    """
    where, said = "trigger_template", None
    plain = {**job.event, "time": lambda: now}
    try:
        if job.trigger and job.trigger.strip():
            said = evaluate(job.trigger, plain)
            if not is_true(said):
                held_back = f"the trigger template said {said.strip()[:100]!r}"
                return WebhookTexts(held_back=held_back, trigger=said[:SAID_LIMIT])
            said = said[:SAID_LIMIT]
        where = "url"
        url = evaluate(job.url, plain)
        escaped = {**json_escaped(job.event), "time": lambda: now}
        where = "headers"
        headers = evaluate(job.headers or "", escaped)
        where = "data"
        data = None if job.data is None else evaluate(job.data, escaped)
    except TemplateFailure as failure:
        return WebhookTexts(failure=f"{where}: {failure.message}", trigger=said)
    return WebhookTexts(url=url, headers=headers, data=data, trigger=said)


def json_escaped(value: Any) -> Any:
    """Return the value with every string in it escaped as inside a JSON string."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if isinstance(value, Mapping):
        return {key: json_escaped(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_escaped(one) for one in value]
    return value
