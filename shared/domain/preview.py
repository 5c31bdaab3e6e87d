"""Shows what templates would make of a payload, through the same functions as the pipeline."""

from __future__ import annotations

from datetime import datetime

from shared.domain.cards import Texts
from shared.domain.configuration import Integration
from shared.domain.evaluation_memory import Memory
from shared.domain.model import Alert, Group, Problem
from shared.domain.rendering import cards_of, render_texts
from shared.domain.route_trials import trials
from shared.domain.routing import decide, evaluation_of
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


def preview(job: PreviewJob, now: datetime, memory: Memory | None = None) -> Preview:
    """Evaluate every template of one integration on one payload, as prepared by its type.

    `memory` is for who tries many payloads, or an integration before and after an edit.
    """
    memory = memory or Memory()
    memory.next_alert()
    integration = job.integration or Integration(
        id=ID, name=NAME, type=job.type, token_digest="", templates=job.templates
    )
    id = job.alert_id or ID
    alert = Alert(
        id=id, integration_id=integration.id, received_at=now, payload=job.payload, read_as=job.read_as
    )
    decided = RouteJob(alert=alert, integration=integration, routes=job.routes)
    evaluation = evaluation_of(decided, now, memory)
    routed = decide(decided, evaluation)
    asked = RenderJob(
        integration=integration,
        group=_group(id, now, routed.labels),
        payload=job.payload,
        read_as=job.read_as,
        media=MEDIA,
        group_url=GROUP_URL,
    )
    texts, source_link, problems = render_texts(asked, now, memory)
    return Preview(
        route_id=routed.route_id,
        routes=trials(evaluation, job.routes),
        title=routed.title,
        labels=routed.labels,
        grouping_key=routed.grouping_key,
        grouping_digest=None if routed.grouping_key is None else digest(routed.grouping_key),
        grouping_reason=routed.grouping_reason,
        resolve=routed.resolve,
        acknowledge=routed.acknowledge,
        source_link=source_link or None,
        rendered={medium: _parts(medium, texts[medium]) for medium in MEDIA},
        cards=cards_of(asked, texts, source_link),
        errors=_errors(routed.problems + problems),
    )


def _group(id: str, now: datetime, labels: dict[str, str]) -> Group:
    return Group(
        id=ID,
        integration_id=ID,
        key="",
        number=NUMBER,
        first_alert_id=id,
        last_alert_id=id,
        opened_at=now,
        last_alert_at=now,
        labels=labels,
    )


def _parts(medium: str, texts: Texts) -> dict[str, str | None]:
    return {part: getattr(texts, part) or None for part in PARTS[medium]}


def _errors(problems: tuple[Problem, ...]) -> tuple[PreviewError, ...]:
    found = [PreviewError(template=one.where, message=one.message, line=one.line) for one in problems]
    return tuple(dict.fromkeys(found))
