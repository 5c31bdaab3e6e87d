"""What is asked of the templates of users, what they answer, and the safe default when they cannot.

Apart from the functions that evaluate, because those who only ask (the services) need no template engine.
"""

from __future__ import annotations

import hashlib
import html
from typing import Any

from pydantic import Field

from shared.domain.configuration import Integration, Route, Templates
from shared.domain.demo import marked_cards, marked_title
from shared.domain.labels import MOST_LABELS, by_key
from shared.domain.model import Alert, Card, Frozen, Group, Problem

TITLE, MESSAGE, IMAGE = "title", "message", "image_url"
# The media and the parts that have a template in the public API.
PARTS: dict[str, tuple[str, ...]] = {
    "web": (TITLE, MESSAGE, IMAGE),
    "slack": (TITLE, MESSAGE, IMAGE),
    "telegram": (TITLE, MESSAGE, IMAGE),
    "sms": (TITLE,),
    "phone_call": (TITLE,),
    "email": (TITLE, MESSAGE),
    "mobile_app": (TITLE, MESSAGE),
    "mattermost": (TITLE, MESSAGE, IMAGE),
    "msteams": (TITLE, MESSAGE, IMAGE),
}
BEHAVIOURAL = ("grouping_key", "resolve_signal", "acknowledge_signal", "source_link")
MEDIA = tuple(PARTS)
HTML_MEDIA = frozenset({"web", "email", "telegram"})


class RouteJob(Frozen):
    """An alert, and the configuration it is to be decided with. `routes` in order, the default one last."""

    alert: Alert
    integration: Integration
    routes: tuple[Route, ...] = ()
    config_version: int = 0


class Routed(Frozen):
    """What was decided of one alert.

    `grouping_key` is the text that groups it, None when nothing does; `grouping_digest` its md5 hex, and
    without a key that of the alert's id, so that a repeated delivery gets the same. `title` is the raw web
    title, cut after 500 characters, None when there is none. `labels` are at most fifteen, by key.
    """

    route_id: str | None = None
    route_reason: str = ""
    grouping_key: str | None = None
    grouping_digest: str
    grouping_reason: str = ""
    resolve: bool = False
    acknowledge: bool = False
    title: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class RenderJob(Frozen):
    """A group and the payload of its newest alert, which every medium shows.

    `media` are public names (web, slack, telegram, sms, phone_call, email, mobile_app, mattermost, msteams);
    `group_url` is the group's page; `read_as` that of the alert (see Alert).
    """

    integration: Integration
    group: Group
    payload: Any = None
    read_as: str = ""
    media: tuple[str, ...] = MEDIA
    group_url: str = ""
    config_version: int = 0


class Rendered(Frozen):
    """What the media asked for show, ready for each medium's envelope."""

    cards: dict[str, Card] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class PreviewJob(Frozen):
    """A payload and the templates to try on it; `type` is the slug of an integration type.

    `integration` with its `routes` is given where a whole integration is tried: then its templates count,
    and `read_as` is that of the alert. `alert_id` names the alert in problems.
    """

    type: str
    payload: Any = None
    templates: Templates = Field(default_factory=dict)
    integration: Integration | None = None
    routes: tuple[Route, ...] = ()
    read_as: str = ""
    alert_id: str = ""


class PreviewError(Frozen):
    """A template that failed: its name in the public API ("slack.title"), and the line when it is known."""

    template: str
    message: str
    line: int | None = None


class RouteTrial(Frozen):
    """One route as it was tried; `matched` is None when an earlier one had taken the alert."""

    id: str
    number: int
    is_default: bool = False
    matched: bool | None = None
    reason: str = ""


class Preview(Frozen):
    """What the templates make of one payload: their own texts, before a medium's mark-up.

    `grouping_digest` is None when nothing groups the alert. `cards` is what each medium would show.
    `routes` are those of the integration, in the order in which they are tried.
    """

    route_id: str | None = None
    routes: tuple[RouteTrial, ...] = ()
    title: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    grouping_key: str | None = None
    grouping_digest: str | None = None
    grouping_reason: str = ""
    resolve: bool = False
    acknowledge: bool = False
    source_link: str | None = None
    rendered: dict[str, dict[str, str | None]] = Field(default_factory=dict)
    cards: dict[str, Card] = Field(default_factory=dict)
    errors: tuple[PreviewError, ...] = ()


def digest(key: str) -> str:
    """Return the md5 hex of a grouping key, as OnCall stores it."""
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()


def plain_title(integration: Integration) -> str:
    """Return the title of an alert whose own cannot be made."""
    return f"Alert from {integration.name}"


def routed_without_templates(job: RouteJob, problem: Problem) -> Routed:
    """Return the safe default for an alert whose templates cannot be evaluated: default route, its own group."""
    title = plain_title(job.integration)
    last = job.routes[-1] if job.routes and job.routes[-1].is_default else None
    return Routed(
        route_id=last.id if last else None,
        route_reason=f"the default route: {problem.message}",
        grouping_digest=digest(job.alert.id),
        grouping_reason=f"not grouped: {problem.message}",
        title=marked_title(title) if job.alert.is_demo else title,
        labels=dict(sorted(by_key(job.integration.labels.static).items())[:MOST_LABELS]),
        problems=(problem,),
    )


def rendered_without_templates(job: RenderJob, problem: Problem) -> Rendered:
    """Return plain cards for a group whose templates cannot be evaluated."""
    title, message = plain_title(job.integration), f"Its templates were not evaluated: {problem.message}"
    plain = Card(title=title, message=message)
    marked_up = Card(title=title, message=html.escape(message))
    cards = {medium: marked_up if medium in HTML_MEDIA else plain for medium in job.media}
    return Rendered(cards=marked_cards(cards) if job.group.is_demo else cards, problems=(problem,))
