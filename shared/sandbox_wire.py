"""How a sandbox and its worker talk: JSON frames with their length before them, over one socket.

JSON in both directions, because what comes back was made beside code that users wrote.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from shared.domain.behaviour_jobs import BehaviourJob, Comparison
from shared.domain.conditions import ConditionJob
from shared.domain.configuration import Integration, Route
from shared.domain.heartbeat_texts import HeartbeatJob
from shared.domain.template_jobs import PreviewJob, RenderJob, RouteJob
from shared.domain.webhook_event import WebhookJob

LENGTH = struct.Struct(">I")
# Longer than any batch of either side can be.
MAX_FRAME_BYTES = 512 * 1024 * 1024
SECRETS = {"token_digest", "token_encrypted", "access"}


def framed(body: bytes) -> bytes:
    """Return the body with its length before it."""
    return LENGTH.pack(len(body)) + body


def request(kind: str, now: datetime, limit_s: float, jobs: Iterable[bytes], definitions: Any) -> bytes:
    """Return the body that asks for `jobs`, each of them JSON already."""
    head = {"kind": kind, "now": now.isoformat(), "limit_s": limit_s, **definitions}
    return orjson.dumps(head, option=orjson.OPT_NON_STR_KEYS)[:-1] + b',"jobs":[' + b",".join(jobs) + b"]}"


def definition(
    integration: Integration, routes: tuple[Route, ...], comparison: Comparison | None = None
) -> dict[str, Any]:
    """Return what a worker keeps of an integration: no token, no digest of it."""
    found: dict[str, Any] = {
        "integration": integration.model_dump(mode="json", exclude=SECRETS),
        "routes": [one.model_dump(mode="json") for one in routes],
    }
    if comparison is None:
        return found
    return found | {
        "after": definition(*comparison.after),
        "shown": dict(comparison.shown),
        "asked": {
            "decided_by": comparison.decided_by,
            "is_grouped": comparison.is_grouped,
            "with_title": comparison.with_title,
        },
    }


def route_job(job: RouteJob, reference: int) -> bytes:
    """Return one job for `route`; `reference` names the definition sent before.

    Raises:
        TypeError: the payload has no JSON form (too deep, a lone surrogate, an integer beyond 64 bits).
    """
    alert = job.alert
    return orjson.dumps(
        {
            "ref": reference,
            "id": alert.id,
            "payload": alert.payload,
            "is_demo": alert.is_demo,
            "demo_id": alert.demo_id,
            "read_as": alert.read_as,
        },
        option=orjson.OPT_NON_STR_KEYS,
    )


def behaviour_job(job: BehaviourJob, reference: int) -> bytes:
    """Return one job for `behaviour`; raises as `route_job` does."""
    alert = job.alert
    fields = {"ref": reference, "id": alert.id, "payload": alert.payload, "read_as": alert.read_as}
    return orjson.dumps(fields, option=orjson.OPT_NON_STR_KEYS)


def render_job(job: RenderJob, reference: int) -> bytes:
    """Return one job for `render`; raises as `route_job` does."""
    return orjson.dumps(
        {
            "ref": reference,
            "group": orjson.Fragment(job.group.model_dump_json()),
            "payload": job.payload,
            "read_as": job.read_as,
            "media": job.media,
            "group_url": job.group_url,
        },
        option=orjson.OPT_NON_STR_KEYS,
    )


def preview_job(job: PreviewJob, reference: int) -> bytes:
    """Return one job for `preview`, which brings its templates along unless it tries a whole integration.

    Raises as `route_job` does.
    """
    fields = {
        "ref": reference,
        "type": job.type,
        "payload": job.payload,
        "templates": job.templates,
        "read_as": job.read_as,
        "alert_id": job.alert_id,
    }
    return orjson.dumps(fields, option=orjson.OPT_NON_STR_KEYS)


def webhook_job(job: WebhookJob, reference: int) -> bytes:
    """Return one job for `webhook`, which has no definition; raises as `route_job` does."""
    return orjson.dumps(job.model_dump(), option=orjson.OPT_NON_STR_KEYS)


def condition_job(job: ConditionJob, reference: int) -> bytes:
    """Return one job for `condition`, which has no definition; raises as `route_job` does."""
    return orjson.dumps(job.model_dump(), option=orjson.OPT_NON_STR_KEYS)


def heartbeat_job(job: HeartbeatJob, reference: int) -> bytes:
    """Return one job for `heartbeat`, which has no definition."""
    return job.model_dump_json().encode()
