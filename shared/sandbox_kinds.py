"""What a sandbox can be asked: how each kind of job is written, its answer read, and what stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

from shared.domain.behaviour_jobs import Behaviour, BehaviourJob, Comparison, Decided
from shared.domain.conditions import ConditionJob, Verdict, failed
from shared.domain.configuration import Integration, Route
from shared.domain.heartbeat_texts import HeartbeatJob, HeartbeatTexts, default_texts
from shared.domain.model import Problem
from shared.domain.problems import RENDERING, ROUTING, everything_digest
from shared.domain.template_jobs import (
    Preview,
    PreviewError,
    PreviewJob,
    Rendered,
    RenderJob,
    Routed,
    RouteJob,
    digest,
    rendered_without_templates,
    routed_without_templates,
)
from shared.domain.webhook_event import WebhookJob, WebhookTexts
from shared.sandbox_wire import (
    behaviour_job,
    condition_job,
    heartbeat_job,
    preview_job,
    render_job,
    route_job,
    webhook_job,
)

# What stands for the version of a configuration where no version has what is asked about.
TRIED, COMPARED = -1, -2
Job = TypeVar("Job")
Result = TypeVar("Result")


class Defined(NamedTuple):
    """The part of a job that many jobs share: it is sent once per (integration id, configuration version).

    `comparison` is there where it is compared with what it may become.
    """

    integration: Integration
    routes: tuple[Route, ...]
    config_version: int
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Kind(Generic[Job, Result]):
    """One thing to ask. `instead` makes the safe default of a job from the reason why there is no answer.

    `limits` is how many times the ordinary CPU time a job of this kind has. `id` tells a job that is asked for
    again, "" where none ever is.
    """

    name: str
    shared: Callable[[Job], Defined | None]
    write: Callable[[Job, int], bytes]
    read: Callable[[Any], Result]
    instead: Callable[[Job, str], Result]
    limits: float = 1.0
    id: Callable[[Job], str] = field(default=lambda job: "")


def _routed_instead(job: RouteJob, reason: str) -> Routed:
    problem = Problem(
        integration_id=job.integration.id,
        where=ROUTING,
        message=reason,
        alert_id=job.alert.id,
        digest=everything_digest(job.integration, job.routes),
    )
    return routed_without_templates(job, problem)


def _rendered_instead(job: RenderJob, reason: str) -> Rendered:
    problem = Problem(
        integration_id=job.integration.id,
        where=RENDERING,
        message=reason,
        alert_id=job.group.last_alert_id,
        digest=everything_digest(job.integration),
    )
    return rendered_without_templates(job, problem)


def _previewed(job: PreviewJob) -> Defined | None:
    """A whole integration that is tried; no version of the configuration has it."""
    return None if job.integration is None else Defined(job.integration, job.routes, TRIED)


def _preview_instead(_: PreviewJob, reason: str) -> Preview:
    return Preview(errors=(PreviewError(template="templates", message=reason),))


def _behaviour_instead(job: BehaviourJob, reason: str) -> Behaviour:
    routes = job.comparison.before.routes
    route_id = routes[-1].id if routes and routes[-1].is_default else None
    alone = Decided(route_id=route_id, key=digest(job.alert.id), is_grouped=False)
    return Behaviour(before=alone, failure=reason)


@lru_cache(maxsize=4096)
def _behaviour(answer: bytes) -> Behaviour:
    """Read an answer that is often the same: many alerts fare alike."""
    return Behaviour.model_validate_json(answer)


ROUTE = Kind[RouteJob, Routed](
    name="route",
    shared=lambda job: Defined(job.integration, job.routes, job.config_version),
    write=route_job,
    read=Routed.model_validate,
    instead=_routed_instead,
    id=lambda job: f"route {job.integration.id} {job.config_version} {job.alert.id}",
)
RENDER = Kind[RenderJob, Rendered](
    name="render",
    shared=lambda job: Defined(job.integration, (), job.config_version),
    write=render_job,
    read=Rendered.model_validate,
    instead=_rendered_instead,
    id=lambda job: f"render {job.integration.id} {job.config_version} {job.group.id} {job.group.version}",
)
# Everything of an integration is compiled for one payload, so it may take longer.
PREVIEW = Kind[PreviewJob, Preview](
    name="preview",
    shared=_previewed,
    write=preview_job,
    read=Preview.model_validate,
    instead=_preview_instead,
    limits=4.0,
)
# Two sides, and what they show.
BEHAVIOUR = Kind[BehaviourJob, Behaviour](
    name="behaviour",
    shared=lambda job: Defined(*job.comparison.before, COMPARED, job.comparison),
    write=behaviour_job,
    read=lambda answer: _behaviour(orjson.dumps(answer)),
    instead=_behaviour_instead,
    limits=4.0,
    id=lambda job: f"behaviour {job.alert.integration_id} {job.alert.id}",
)
# Four templates, the event in each of them.
WEBHOOK = Kind[WebhookJob, WebhookTexts](
    name="webhook",
    shared=lambda job: None,
    write=webhook_job,
    read=WebhookTexts.model_validate,
    instead=lambda job, reason: WebhookTexts(failure=reason),
    limits=2.0,
)
CONDITION = Kind[ConditionJob, Verdict](
    name="condition",
    shared=lambda job: None,
    write=condition_job,
    read=Verdict.model_validate,
    instead=lambda job, reason: failed(reason),
)
# Two short templates, seldom.
HEARTBEAT = Kind[HeartbeatJob, HeartbeatTexts](
    name="heartbeat",
    shared=lambda job: None,
    write=heartbeat_job,
    read=HeartbeatTexts.model_validate,
    instead=default_texts,
)
