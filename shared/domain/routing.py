"""Decides which route takes an alert, which group it belongs to, and what its source says of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from shared.domain.configuration import Route
from shared.domain.demo import marked_title
from shared.domain.evaluation import Evaluation, as_read, default_of, sources_of, template_of
from shared.domain.evaluation_memory import Memory
from shared.domain.labelling import labels_of
from shared.domain.labels import Label
from shared.domain.model import Alert
from shared.domain.template_jobs import Routed, RouteJob, digest, plain_title
from shared.templates import TITLE_LIMIT, TemplateFailure, is_true, search

__all__ = ["RouteJob", "Routed", "route"]


def route(job: RouteJob, now: datetime) -> Routed:
    """Decide one alert: labels, route, grouping key, signals and title.

    A routing expression that fails is no match; a grouping template that fails groups nothing; a signal that
    fails is no signal. `resolve` is False where the integration does not let its source resolve.
    """
    return decide(job, evaluation_of(job, now))


def evaluation_of(job: RouteJob, now: datetime, memory: Memory | None = None) -> Evaluation:
    """Return the alert's evaluation, its labels made; `memory` is for who evaluates the alert again."""
    alert, integration = job.alert, as_read(job.integration, job.alert.read_as)
    variables = {"payload": alert.payload, "labels": {}, "integration_name": integration.name}
    variables["base_url"] = integration.base_url or ""
    evaluation = Evaluation(integration, alert.id, now, variables, memory)
    evaluation.variables["labels"] = labels_of(evaluation)
    return evaluation


def decide(job: RouteJob, evaluation: Evaluation, *, with_title: bool = True) -> Routed:
    """Decide one alert whose evaluation was begun; its title only for who wants to know it."""
    alert, integration = job.alert, evaluation.integration
    chosen, route_reason = _route(evaluation, job.routes)
    key, grouping_reason = _grouping_key(evaluation, alert)
    return Routed(
        route_id=chosen.id if chosen else None,
        route_reason=route_reason,
        grouping_key=key,
        grouping_digest=_grouping_digest(alert, key),
        grouping_reason=grouping_reason,
        resolve=integration.allow_source_based_resolving and _signal(evaluation, "resolve_signal"),
        acknowledge=_signal(evaluation, "acknowledge_signal"),
        title=_title(evaluation, alert) if with_title else None,
        labels=evaluation.variables["labels"],
        problems=tuple(evaluation.problems),
    )


def taken_by(job: RouteJob, evaluation: Evaluation) -> str | None:
    """Return the id of the route that takes the alert, for who wants to know nothing else of it."""
    chosen, _ = _route(evaluation, job.routes)
    return chosen.id if chosen else None


def _route(evaluation: Evaluation, routes: tuple[Route, ...]) -> tuple[Route | None, str]:
    dump = Dump(evaluation.variables["payload"])
    for number, one in enumerate(routes, start=1):
        if one.is_default:
            return one, f"the default route: {number - 1} others did not match"
        if matches(evaluation, one, dump):
            return one, f"route {number} of {len(routes)} matched ({one.routing_type})"
    return None, f"none of {len(routes)} routes matched and there is no default route"


class Dump:
    """The payload as the text that regular expressions of routes see, made when the first one asks."""

    def __init__(self, payload: Any) -> None:
        self._payload = payload
        self._text: str | None = None

    def text(self) -> str:
        """JSON as Python writes it: ", " and ": " between, non-ASCII escaped. A pattern must fit that form."""
        if self._text is None:
            self._text = json.dumps(self._payload)
        return self._text


def matches(evaluation: Evaluation, one: Route, dump: Dump) -> bool:
    """Whether a route that is not the default one takes the alert; what fails is noted, and no match."""
    if one.routing_type == "labels":
        return _has_all(evaluation.variables["labels"], one.filtering_labels)
    if not one.routing_regex:
        return False
    where = f"route {one.id}"
    if one.routing_type == "jinja2":
        text = evaluation.text(where, one.routing_regex)
        return text is not None and is_true(text)
    try:
        return search(one.routing_regex, dump.text())
    except TemplateFailure as failure:
        evaluation.note(where, failure, one.routing_regex)
    except (RecursionError, TypeError, ValueError) as error:
        evaluation.note(where, TemplateFailure(f"the payload has no JSON text: {error}"), one.routing_regex)
    return False


def _has_all(labels: dict[str, str], wanted: tuple[Label, ...]) -> bool:
    return bool(wanted) and all(labels.get(one.key) == one.value for one in wanted)


def _grouping_key(evaluation: Evaluation, alert: Alert) -> tuple[str | None, str]:
    sources = sources_of(evaluation.integration, "grouping_key")
    if not sources:
        return None, "not grouped: this integration type has no grouping key"
    key = evaluation.text("grouping_key", sources[0])
    if key is None:
        return None, "not grouped: the grouping template failed"
    if key == "":
        return None, "not grouped: the grouping key is empty"
    if not key.strip():
        return None, "not grouped: the grouping key is only white space"
    if key.strip() == "None":
        return None, 'not grouped: the grouping key is null ("None")'
    only = ", with alerts of the same demo only" if alert.is_demo else ""
    return key, f"grouped by the grouping template{only}"


def _grouping_digest(alert: Alert, key: str | None) -> str:
    """What groups a demo is no md5, so it is never that of a real alert; it holds only alerts of the same demo."""
    own = alert.id if key is None else key
    return f"demo-{digest(f'{alert.demo_id or alert.id} {own}')}" if alert.is_demo else digest(own)


def _signal(evaluation: Evaluation, name: str) -> bool:
    sources = sources_of(evaluation.integration, name)
    text = evaluation.text(name, sources[0]) if sources else None
    return text is not None and is_true(text)


def _title(evaluation: Evaluation, alert: Alert) -> str | None:
    title = _own_title(evaluation)
    return marked_title(title) if alert.is_demo else title


def _own_title(evaluation: Evaluation) -> str | None:
    integration = evaluation.integration
    own, default = template_of(integration, "web", "title"), default_of(integration.type, "web", "title")
    sources = [one for one in (own, default) if one is not None]
    if own is not None and "source_link" in own:
        links = sources_of(integration, "source_link")
        evaluation.variables["source_link"] = evaluation.first("source_link", links) or ""
    title = evaluation.first("web.title", sources, TITLE_LIMIT)
    if title is None:
        return plain_title(integration)
    return title if title.strip() not in ("", "None") else None
