"""The configuration as a person writes it down: by name, in order, without ids. One file or several.

What it refers to and whether its templates compile is checked where it is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from shared.domain.access_form import AuthenticationForm, RateLimitForm
from shared.domain.declaration_parts import DeclaredReminder, DeclaredResume, Part
from shared.domain.declaration_parts import Seconds as Seconds
from shared.domain.declared_schedules import DeclaredSchedule
from shared.domain.heartbeat_settings import TIMEOUT_S
from shared.domain.labels import as_text
from shared.domain.rule_hours import RuleHours

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One mistake: where it stands (keys and list positions from the top) and what is wrong."""

    path: Path
    message: str


class DeclarationRefused(Exception):
    """The declaration has mistakes; none of it was applied."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, one.path))}: {one.message}" for one in faults))
        self.faults = list(faults)


def _word_as_type(value: Any) -> Any:
    """Read a bare word in a list of steps or rules as that type without parameters."""
    return {"type": value} if isinstance(value, str) else value


# A bare number, true or false is a label's text too.
LabelText = Annotated[str, BeforeValidator(lambda value: as_text(value) or value)]


class DeclaredRule(Part):
    """One personal notification rule: `wait` with a duration, or notify_by_<channel>."""

    type: str
    duration: Seconds | None = None
    only_between: RuleHours | None = None


class DeclaredRules(Part):
    """The two lists of a person; a list that is left out is left as it is."""

    default: list[Annotated[DeclaredRule, BeforeValidator(_word_as_type)]] | None = None
    important: list[Annotated[DeclaredRule, BeforeValidator(_word_as_type)]] | None = None


class DeclaredContactPoint(Part):
    """One more way to reach a person; who may declare it vouches for it."""

    kind: str
    address: str


class DeclaredUser(Part):
    """A person, known by username; contact points that are left out are left as they are."""

    username: str
    name: str = ""
    email: str = ""
    role: str = "editor"
    timezone: str = "UTC"
    phone_number: str | None = None
    slack_user_id: str | None = None
    contact_points: list[DeclaredContactPoint] | None = None
    rules: DeclaredRules = DeclaredRules()


class DeclaredTeam(Part):
    """A team, known by name; `members` are usernames, left out they are left as they are."""

    name: str
    email: str | None = None
    avatar_url: str = ""
    members: list[str] | None = None
    acknowledge_reminder: DeclaredReminder = DeclaredReminder()


class DeclaredWebhook(Part):
    """An outgoing webhook, known by name; `integrations` are names, empty for all."""

    name: str
    url: str
    enabled: bool = True
    trigger_type: str = "escalation"
    http_method: str = "POST"
    headers: str | None = None
    data: str | None = None
    forward_all: bool = True
    trigger_template: str | None = None
    username: str | None = None
    password: str | None = None
    authorization_header: str | None = None
    signing_secret: str | None = None
    integrations: list[str] = Field(default_factory=list)


class DeclaredStep(Part):
    """One escalation step: its type and the type's parameters, people and webhooks by name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    important: bool = False
    duration: Seconds | None = None
    max_duration: Seconds | None = None


class DeclaredChain(Part):
    """An escalation chain, known by name."""

    name: str
    steps: list[Annotated[DeclaredStep, BeforeValidator(_word_as_type)]] | None = None


class DeclaredTarget(Part):
    """Where to post: `id` is the channel's; enabled without an id means the product's default channel."""

    id: str | None = None
    enabled: bool = True


class DeclaredDefaultRoute(Part):
    """What happens to alerts that no other route takes."""

    chain: str | None = None
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


class DeclaredIntegration(Part):
    """A way in, known by name; `token` fixes the token of its URL. `dynamic_labels` are templates by key."""

    name: str
    type: str
    token: str | None = Field(default=None, min_length=16, max_length=64, pattern=r"^[A-Za-z0-9]+$")
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


class DeclaredWindowRoute(Part):
    """A route that a window is about: of an integration, its default route or the one at a place, from 1."""

    integration: str
    route: Literal["default"] | int = "default"


class DeclaredMaintenance(Part):
    """A maintenance window, known by name; `starts_at` without an offset is local time in `time_zone`."""

    name: str
    mode: Literal["debug", "maintenance"] = "maintenance"
    starts_at: datetime
    duration: Seconds
    time_zone: str = "UTC"
    rrule: str = ""
    integrations: list[str] = Field(default_factory=list)
    routes: list[DeclaredWindowRoute] = Field(default_factory=list)
    labels: dict[str, list[LabelText] | LabelText] = Field(default_factory=dict)
    comment: str = ""


class Declaration(Part):
    """Everything in one. `set` names who owns the objects: only those of the same set are ever removed."""

    set: str = "default"
    users: list[DeclaredUser] = Field(default_factory=list)
    teams: list[DeclaredTeam] = Field(default_factory=list)
    webhooks: list[DeclaredWebhook] = Field(default_factory=list)
    chains: list[DeclaredChain] = Field(default_factory=list)
    integrations: list[DeclaredIntegration] = Field(default_factory=list)
    maintenance: list[DeclaredMaintenance] = Field(default_factory=list)
    schedules: list[DeclaredSchedule] = Field(default_factory=list)


SECTIONS = ("users", "teams", "webhooks", "schedules", "chains", "integrations", "maintenance")


def read(data: Any) -> Declaration:
    """Return the declaration in decoded YAML or JSON.

    Raises:
        DeclarationRefused: unknown keys, wrong types, or a name that stands twice.
    """
    try:
        declaration = Declaration.model_validate({} if data is None else data)
    except ValidationError as error:
        raise DeclarationRefused([fault_of(one) for one in error.errors()]) from error
    faults = [
        *_doubles("users", (one.username.lower() for one in declaration.users)),
        *_doubles("teams", (one.name for one in declaration.teams)),
        *_doubles("webhooks", (one.name for one in declaration.webhooks)),
        *_doubles("chains", (one.name for one in declaration.chains)),
        *_doubles("integrations", (one.name for one in declaration.integrations)),
        *_doubles("maintenance", (one.name for one in declaration.maintenance)),
        *_doubles("schedules", (one.name for one in declaration.schedules)),
    ]
    if faults:
        raise DeclarationRefused(faults)
    return declaration


def fault_of(error: Any) -> Fault:
    """Return one of pydantic's errors as a mistake of a person."""
    path = tuple(part for part in error["loc"] if not str(part).startswith("function-"))
    words = {"extra_forbidden": "this key is not known here", "missing": "this key is required"}
    return Fault(path, words.get(error["type"], error["msg"].removeprefix("Value error, ")))


def _doubles(section: str, names: Iterable[str]) -> list[Fault]:
    seen: set[str] = set()
    found = []
    for position, name in enumerate(names):
        if name in seen:
            found.append(Fault((section, position), f"{name} is declared twice"))
        seen.add(name)
    return found
