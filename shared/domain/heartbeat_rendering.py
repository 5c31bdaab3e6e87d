"""Evaluates the templates of a heartbeat's alert; whatever they do, there is a title and a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.heartbeat_texts import HeartbeatJob, HeartbeatTexts, default_texts, spoken
from shared.domain.model import Problem
from shared.domain.problems import text_digest
from shared.templates import RESULT_LIMIT, TITLE_LIMIT, TemplateFailure, evaluate


def render_heartbeat(job: HeartbeatJob, now: datetime) -> HeartbeatTexts:
    """Return the texts of an alert: each template of the user where it is set, works and says something."""
    variables = _variables(job, now)
    said: dict[str, str] = {}
    problems: list[Problem] = []
    for part, source, limit in (
        ("title", job.templates.title, TITLE_LIMIT),
        ("message", job.templates.message, RESULT_LIMIT),
    ):
        try:
            said[part] = evaluate(source or "", variables, limit)
        except TemplateFailure as failure:
            problems.append(_problem(job, part, source or "", failure))
    said = {part: text for part, text in said.items() if text.strip()}
    return default_texts(job).model_copy(update={**said, "problems": tuple(problems)})


def _problem(job: HeartbeatJob, part: str, source: str, failure: TemplateFailure) -> Problem:
    return Problem(
        integration_id=job.integration_id,
        where=f"{job.prefix}.{part}",
        message=failure.message,
        line=failure.line,
        digest=text_digest(source),
    )


def _variables(job: HeartbeatJob, now: datetime) -> dict[str, Any]:
    """Return what the templates see; instants are datetimes in UTC."""
    return {
        "integration_name": job.integration_name,
        "integration_type": job.integration_type,
        "timeout": spoken(job.timeout_s),
        "timeout_seconds": job.timeout_s,
        "last_seen": job.last_seen_at,
        "expired_at": job.expired_at,
        "restored_at": job.restored_at,
        "time": lambda: now,
    }
