"""Alerts, alert groups and what is shown of them: the nouns that every service shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value: never changed in place; unknown fields are ignored so that old readers survive new writers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values in some fields; not validated, as pydantic's own, but four times as quick."""
        if deep or self.__pydantic_private__ is not None or self.__pydantic_extra__ is not None:
            return super().model_copy(update=update, deep=deep)
        changes = update or {}
        copied = self.__class__.__new__(self.__class__)
        object.__setattr__(copied, "__dict__", {**self.__dict__, **changes})
        object.__setattr__(copied, "__pydantic_fields_set__", self.__pydantic_fields_set__ | changes.keys())
        object.__setattr__(copied, "__pydantic_extra__", None)
        object.__setattr__(copied, "__pydantic_private__", None)
        return copied


class State(StrEnum):
    """What a person reads of a group; resolved wins over acknowledged over silenced over firing."""

    FIRING = "firing"
    SILENCED = "silenced"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Actor(Frozen):
    """Who did something. `kind`: user, source (the monitoring tool), escalation (a chain's step), system."""

    kind: str = "system"
    id: str | None = None
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id or self.kind


SOURCE = Actor(kind="source", name="the source")
SYSTEM = Actor(kind="system", name="Tocsin")


class Responder(Frozen):
    """A person who was paged for a group directly, whatever its chain does and whatever state it is in.

    `page_id` tells this call for him from an earlier one. His rules run until he acknowledges the group
    (`answered_at`), is taken off (`removed_at`), or the group is over. `team_id`: he was called as its member.
    """

    user_id: str
    page_id: str = ""
    team_id: str | None = None
    important: bool = False
    paged_at: datetime | None = None
    paged_by: Actor | None = None
    answered_at: datetime | None = None
    removed_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether he is still to be reached."""
        return self.answered_at is None and self.removed_at is None


class Alert(Frozen):
    """One received payload. `received_at` is the receiver's, unique per alert of one body (+1 µs each).

    Alerts of one demo share `demo_id`: a resolved one resolves what the firing one opened, and nothing else.
    `read_as` is set for an alert that Tocsin itself raised: the slug of the type whose templates read it.
    `instance` names what fires, where several instances share a group and the group is over only with the
    last of them; "" where the alert speaks for its whole group. `ends_at`: when the instance counts as over
    unless it is sent again. `responders` are paged directly for the group that it opens.
    """

    id: str
    integration_id: str
    received_at: datetime
    payload: Any = None
    is_demo: bool = False
    demo_id: str = ""
    read_as: str = ""
    instance: str = ""
    ends_at: datetime | None = None
    responders: tuple[Responder, ...] = ()


class Problem(Frozen):
    """A template, rule or regex of a user that failed; the pipeline went on with a safe default.

    `where` names the template ("slack.title", "grouping_key", "route R123") or the setting; `line` counts from 1.
    `digest` stands for the text that failed (shared/domain/problems.py), "" where it is no single one. `count` is
    how often it was met before it was told.
    """

    integration_id: str
    where: str
    message: str
    line: int | None = None
    alert_id: str | None = None
    digest: str = ""
    count: int = 1


class Card(Frozen):
    """What one medium shows of a group; post-processed for the medium, not yet wrapped in its envelope."""

    title: str = ""
    message: str = ""
    image_url: str | None = None
    source_link: str | None = None


class ActionRecord(Frozen):
    """The answer a group gave to an action, kept so that a repeated action gets its first answer."""

    id: str
    applied: bool
    reason: str = ""


class Instance(Frozen):
    """The youngest word of one instance: the alert that brought it, and whether it fires.

    `ends_at`: when it counts as over unless it is sent again; None: only a resolve ends it.
    """

    at: datetime
    id: str
    firing: bool = True
    ends_at: datetime | None = None


class GroupRun(Frozen):
    """One run of one group."""

    id: str
    run: int


class Reminder(Frozen):
    """Whether whoever acknowledged a group still works on it: asked `count` times so far.

    `next_at`: when he is asked (again). `confirm_by`: he was asked, and without a word by then the group counts
    as nobody's. `asked_at` is set from the question until he confirms.
    """

    count: int = 0
    next_at: datetime | None = None
    asked_at: datetime | None = None
    confirm_by: datetime | None = None


class Note(Frozen):
    """A resolution note; a deleted one keeps its id and loses its text."""

    id: str
    text: str = ""
    author: Actor = SYSTEM
    source: str = "api"
    created_at: datetime
    deleted_at: datetime | None = None


class RootState(Frozen):
    """What a group that is attached to another takes over from it, as of the root's `version`."""

    id: str
    version: int
    acknowledged_at: datetime | None = None
    acknowledged_by: Actor | None = None
    silenced_at: datetime | None = None
    silenced_until: datetime | None = None
    silenced_by: Actor | None = None
    resolved_at: datetime | None = None
    resolved_by: Actor | None = None


class Group(Frozen):
    """One alert group as of `version`; `run` counts the escalations it was given a reason for.

    `key` is the md5 hex of the grouping key. `resolved_through` is the newest instant up to which the
    source said "over": a firing that was received before it is late and reopens nothing. A group that
    holds only resolves is not `seen`: it exists so that a late firing finds it, and nobody is shown it.
    `generation` counts the groups of a key: what is known of it is known by its last one.
    `instances` are known to the grouper alone (they are not part of events); all see how many there are.
    `untracked_instances` counts those that were too many to be kept: then no source ends the group.
    `root_id` is the group that it is attached to: its state follows that one's, as of `root_version`, and nobody
    is paged for it. `attached` are the groups that are attached to this one. `notes` are known to the grouper and
    the api alone; all see how many there are. `erasing` says what is still to be erased: "wipe" or "delete".
    """

    id: str
    integration_id: str
    route_id: str | None = None
    key: str
    number: int | None = None
    title: str | None = None
    seen: bool = True
    is_demo: bool = False
    version: int = 1
    run: int = 1
    alerts_count: int = 0
    first_alert_id: str
    last_alert_id: str
    opened_at: datetime
    last_alert_at: datetime
    last_fired_at: datetime | None = None
    last_fired_id: str = ""
    resolved_at: datetime | None = None
    resolved_by: Actor | None = None
    resolved_through: datetime | None = None
    resolved_through_id: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: Actor | None = None
    silenced_at: datetime | None = None
    silenced_until: datetime | None = None
    silenced_by: Actor | None = None
    actions: tuple[ActionRecord, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    generation: int = 0
    firing_instances: int = 0
    known_instances: int = 0
    untracked_instances: int = 0
    instances: dict[str, Instance] = Field(default_factory=dict, exclude=True)
    root_id: str | None = None
    root_version: int = 0
    resolved_with_root: bool = False
    attached: tuple[str, ...] = ()
    responders: tuple[Responder, ...] = ()
    reminder: Reminder | None = None
    notes_count: int = 0
    notes: tuple[Note, ...] = Field(default=(), exclude=True)
    wiped_at: datetime | None = None
    wiped_by: Actor | None = None
    deleted_at: datetime | None = None
    erasing: str = ""

    @property
    def is_open(self) -> bool:
        """Whether new alerts of its key still join it."""
        return self.resolved_at is None

    @property
    def state(self) -> State:
        """The one word for the flags; see State for the precedence."""
        if self.resolved_at is not None:
            return State.RESOLVED
        if self.acknowledged_at is not None:
            return State.ACKNOWLEDGED
        return State.SILENCED if self.silenced_at is not None else State.FIRING

    @property
    def is_firing(self) -> bool:
        """Whether somebody may be paged for it now."""
        return self.state is State.FIRING and self.root_id is None

    @property
    def standing(self) -> str:
        """The state in a word or three; what is attached to another group says so."""
        return f"attached to {self.root_id}" if self.root_id is not None else str(self.state)
