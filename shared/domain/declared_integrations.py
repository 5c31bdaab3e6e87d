"""Integrations as a person writes them down: their routes inside, escalation chains by name."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from shared.domain.access_form import AuthenticationForm, RateLimitForm
from shared.domain.declaration_parts import (
    DeclaredReminder,
    DeclaredResume,
    LabelText,
    Named,
    OfTeam,
    Part,
    Seconds,
)
from shared.domain.heartbeat_settings import TIMEOUT_S


class DeclaredTarget(Part):
    """Where to post: `id` is the channel's; enabled without an id means the product's default channel."""

    id: str | None = None
    enabled: bool = True


class DeclaredDefaultRoute(Part):
    """What happens to alerts that no other route takes."""

    chain: Named | None = None
    slack: DeclaredTarget = DeclaredTarget()
    telegram: DeclaredTarget = DeclaredTarget(enabled=False)
    msteams: DeclaredTarget = DeclaredTarget(enabled=False)
    mattermost: DeclaredTarget = DeclaredTarget(enabled=False)


class DeclaredRoute(DeclaredDefaultRoute):
    """One route: an expression of one of two kinds, or the labels that an alert must have."""

    jinja2: str | None = None
    regex: str | None = None
    labels: dict[str, LabelText] | None = None

    @model_validator(mode="after")
    def _one_expression(self) -> DeclaredRoute:
        if [self.jinja2, self.regex, self.labels].count(None) != 2:
            raise ValueError("a route needs exactly one of jinja2, regex and labels")
        return self


class DeclaredTexts(Part):
    """Templates of an alert that Tocsin raises itself; what is absent is the default text."""

    title: str | None = None
    message: str | None = None


class DeclaredHeartbeat(Part):
    """How long an integration may be silent (60 s to a day), and what the two alerts say."""

    timeout: Seconds = TIMEOUT_S
    expired: DeclaredTexts = DeclaredTexts()
    restored: DeclaredTexts = DeclaredTexts()


class DeclaredStorm(Part):
    """When an integration is in a storm; what is not written is the installation's value."""

    groups_per_minute: int | None = None
    digest_interval: Seconds | None = None


class DeclaredIntegration(OfTeam):
    """A way in, known by name (of its team).

    `token` fixes the token of its URL. `dynamic_labels` are templates by key.
    """

    name: str
    type: str
    token: str | None = Field(default=None, min_length=16, max_length=64, pattern=r"^([A-Za-z0-9]+|\*{16})$")
    description_short: str | None = None
    allow_source_based_resolving: bool = True
    each_instance: bool = False
    base_url: str | None = None
    templates: dict[str, Any] = Field(default_factory=dict)
    labels: dict[str, LabelText] = Field(default_factory=dict)
    dynamic_labels: dict[str, str] = Field(default_factory=dict)
    label_template: str | None = None
    authentication: AuthenticationForm | None = None
    rate_limit: RateLimitForm | None = None
    heartbeat: DeclaredHeartbeat = DeclaredHeartbeat()
    storm: DeclaredStorm = DeclaredStorm()
    acknowledge_reminder: DeclaredReminder = DeclaredReminder()
    escalation_resumes: DeclaredResume = DeclaredResume()
    resolution_note_required: bool | None = None
    routes: list[DeclaredRoute] | None = None
    default_route: DeclaredDefaultRoute | None = None
