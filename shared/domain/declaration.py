"""The configuration as a person writes it down: by name, in order, without ids. One file or several.

What it refers to and whether its templates compile is checked where it is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from shared.domain.declaration_parts import DeclaredReminder, Named, OfTeam, Owned, Part
from shared.domain.declaration_parts import LabelText as LabelText
from shared.domain.declaration_parts import Seconds as Seconds
from shared.domain.declared_integrations import DeclaredDefaultRoute as DeclaredDefaultRoute
from shared.domain.declared_integrations import DeclaredHeartbeat as DeclaredHeartbeat
from shared.domain.declared_integrations import DeclaredIntegration as DeclaredIntegration
from shared.domain.declared_integrations import DeclaredRoute as DeclaredRoute
from shared.domain.declared_schedules import DeclaredSchedule, DeclaredSharedShift
from shared.domain.rule_hours import RuleHours
from shared.domain.secret_references import Path as Path
from shared.domain.secret_references import references


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


class DeclaredOnCallReminders(Part):
    """How a person is told before going on call."""

    before: list[Seconds] = Field(default_factory=list)
    channel: str = "email"


class DeclaredUser(Owned):
    """A person, known by username; contact points and reminders that are left out are left as they are."""

    username: str
    name: str = ""
    email: str = ""
    role: str = "editor"
    timezone: str = "UTC"
    phone_number: str | None = None
    slack_user_id: str | None = None
    slack_team_id: str | None = None
    on_call_reminders: DeclaredOnCallReminders | None = None
    contact_points: list[DeclaredContactPoint] | None = None
    rules: DeclaredRules = DeclaredRules()


class DeclaredTeam(Owned):
    """A team, known by name; `members` are usernames, left out they are left as they are."""

    name: str
    email: str | None = None
    avatar_url: str = ""
    members: list[str] | None = None
    acknowledge_reminder: DeclaredReminder = DeclaredReminder()


class DeclaredWebhook(OfTeam):
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
    preset: str | None = None
    integrations: list[Named] = Field(default_factory=list)


class DeclaredEventSubscription(OfTeam):
    """A URL that is told the events of the journal, known by name; `integrations` are names, empty for all.

    `start` counts when it is made: now, beginning, or a position.
    """

    name: str
    url: str
    enabled: bool = True
    types: list[str] = Field(default_factory=list)
    integrations: list[Named] = Field(default_factory=list)
    start: str = "now"
    batch_size: int = 100
    signing_secret: str | None = None


class DeclaredStep(Part):
    """One escalation step: its type and the type's parameters, people and webhooks by name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    important: bool = False
    duration: Seconds | None = None
    max_duration: Seconds | None = None


class DeclaredChain(OfTeam):
    """An escalation chain, known by name (of its team)."""

    name: str
    steps: list[Annotated[DeclaredStep, BeforeValidator(_word_as_type)]] | None = None


class DeclaredWindowRoute(Part):
    """A route that a window is about: of an integration, its default route or the one at a place, from 1."""

    integration: Named
    route: Literal["default"] | int = "default"


class DeclaredMaintenance(Owned):
    """A maintenance window, known by name; `starts_at` without an offset is local time in `time_zone`."""

    name: str
    mode: Literal["debug", "maintenance"] = "maintenance"
    starts_at: datetime
    duration: Seconds
    time_zone: str = "UTC"
    rrule: str = ""
    integrations: list[Named] = Field(default_factory=list)
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
    shifts: list[DeclaredSharedShift] = Field(default_factory=list)
    schedules: list[DeclaredSchedule] = Field(default_factory=list)
    event_subscriptions: list[DeclaredEventSubscription] = Field(default_factory=list)


# The command line resolves references to secrets where it runs; the api would have to read its own surroundings.
UNRESOLVED = "the command line does that; over the API send the secret itself"
SECTIONS = (
    *("users", "teams", "webhooks", "shifts", "schedules", "chains", "integrations", "maintenance"),
    "event_subscriptions",
)


def read(data: Any) -> Declaration:
    """Return the declaration in decoded YAML or JSON.

    Raises:
        DeclarationRefused: unknown keys, wrong types, a name that stands twice, or a reference to a secret
            that is not resolved.
    """
    unresolved = [Fault(one.path, f"{one.text} was not resolved: {UNRESOLVED}") for one in references(data)]
    if unresolved:
        raise DeclarationRefused(unresolved)
    try:
        declaration = Declaration.model_validate({} if data is None else data)
    except ValidationError as error:
        raise DeclarationRefused([fault_of(one) for one in error.errors()]) from error
    faults = [
        *_doubles("users", (one.username.lower() for one in declaration.users)),
        *_doubles("teams", (one.name for one in declaration.teams)),
        *_doubles("webhooks", (one.name for one in declaration.webhooks)),
        *_doubles("chains", (_of_team(one) for one in declaration.chains)),
        *_doubles("integrations", (_of_team(one) for one in declaration.integrations)),
        *_doubles("maintenance", (one.name for one in declaration.maintenance)),
        *_doubles("shifts", (_of_team(one) for one in declaration.shifts)),
        *_doubles("event_subscriptions", (one.name for one in declaration.event_subscriptions)),
        *_doubles("schedules", (_of_team(one) for one in declaration.schedules)),
    ]
    if faults:
        raise DeclarationRefused(faults)
    return declaration


def _of_team(one: DeclaredChain | DeclaredIntegration | DeclaredSchedule | DeclaredSharedShift) -> str:
    """Return what must be declared once: a name, and whose it is."""
    return one.name if one.team is None else f"{one.name} of the team {one.team}"


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
