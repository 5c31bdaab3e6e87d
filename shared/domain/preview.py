"""Shows what templates would make of a payload, through the same functions as the pipeline."""

from __future__ import annotations

from datetime import datetime

from shared.domain.cards import Texts
from shared.domain.configuration import Integration
from shared.domain.model import Alert, Group, Problem
from shared.domain.rendering import render, render_texts
from shared.domain.routing import route
from shared.domain.template_jobs import (
    MEDIA,
    PARTS,
    Preview,
    PreviewError,
    PreviewJob,
    RenderJob,
    RouteJob,
    digest,
)

__all__ = ["Preview", "PreviewJob", "preview"]

# What stands in for a group that does not exist: its number, its page, the integration's name.
NUMBER = 1
GROUP_URL = "https://tocsin.invalid/alert-groups/1"
NAME = "Preview"
ID = "PREVIEW"


def preview(job: PreviewJob, now: datetime) -> Preview:
    """Evaluate every template of one integration on one payload, as prepared by its type."""
    integration = Integration(id=ID, name=NAME, type=job.type, token_digest="", templates=job.templates)
    alert = Alert(id=ID, integration_id=ID, received_at=now, payload=job.payload)
    routed = route(RouteJob(alert=alert, integration=integration), now)
    asked = RenderJob(
        integration=integration,
        group=_group(now, routed.labels),
        payload=job.payload,
        media=MEDIA,
        group_url=GROUP_URL,
    )
    texts, source_link, problems = render_texts(asked, now)
    return Preview(
        grouping_key=routed.grouping_key,
        grouping_digest=None if routed.grouping_key is None else digest(routed.grouping_key),
        grouping_reason=routed.grouping_reason,
        resolve=routed.resolve,
        acknowledge=routed.acknowledge,
        source_link=source_link or None,
        rendered={medium: _parts(medium, texts[medium]) for medium in MEDIA},
        cards=render(asked, now).cards,
        errors=_errors(routed.problems + problems),
    )


def _group(now: datetime, labels: dict[str, str]) -> Group:
    return Group(
        id=ID,
        integration_id=ID,
        key="",
        number=NUMBER,
        first_alert_id=ID,
        last_alert_id=ID,
        opened_at=now,
        last_alert_at=now,
        labels=labels,
    )


def _parts(medium: str, texts: Texts) -> dict[str, str | None]:
    return {part: getattr(texts, part) or None for part in PARTS[medium]}


def _errors(problems: tuple[Problem, ...]) -> tuple[PreviewError, ...]:
    found = [PreviewError(template=one.where, message=one.message, line=one.line) for one in problems]
    return tuple(dict.fromkeys(found))
