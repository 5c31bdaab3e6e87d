"""What happens to a group, by whom, and what is shown of it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from shared.domain.model import Actor, Card, Frozen, Group, Note, Problem, Responder, RootState
from shared.events.event import Event


class ActionRequested(Event):
    """api, escalator (resolve step), grouper (for attached groups) -> grouper: somebody wants a group to change.

    `id` is the action's id: the group answers a repeated id as it did first. `action` is one of those that
    shared/domain/states.py knows. `delay_s` is silence's length, None for ever. `run` given: only that run.
    `reply_to` names the queue that the outcome is copied to. `responders` are to be paged, or taken off;
    `root_id` is what a group is attached to, `root` that one's state, which `follow` is about; `member_id` is an
    attached group that a root takes in or lets go; `note` is a resolution note, by its id.
    """

    type: ClassVar[str] = "action.requested.v1"
    group_id: str
    action: str
    actor: Actor
    source: str = "api"
    delay_s: int | None = None
    run: int | None = None
    reply_to: str | None = None
    responders: tuple[Responder, ...] = ()
    root_id: str | None = None
    root: RootState | None = None
    member_id: str | None = None
    note: Note | None = None


class GroupEvent(Event):
    """A change of a group: its whole state as of now, and the alerts that this change put into it."""

    type: ClassVar[str] = ""
    group: Group
    alerts: tuple[str, ...] = ()
    actor: Actor | None = None


class GroupOpened(GroupEvent):
    """grouper -> renderer: the first firing alert of a key that had no open group."""

    type: ClassVar[str] = "group.opened.v1"


class GroupAlertAdded(GroupEvent):
    """grouper -> renderer: alerts joined a group."""

    type: ClassVar[str] = "group.alert_added.v1"


class GroupAcknowledged(GroupEvent):
    """grouper -> renderer: a person (or the source) took the group; paging stops."""

    type: ClassVar[str] = "group.acknowledged.v1"


class GroupUnacknowledged(GroupEvent):
    """grouper -> renderer: the group is nobody's again; a new run begins."""

    type: ClassVar[str] = "group.unacknowledged.v1"


class GroupResolved(GroupEvent):
    """grouper -> renderer: over; the group takes no new alerts of its key that are younger."""

    type: ClassVar[str] = "group.resolved.v1"


class GroupUnresolved(GroupEvent):
    """grouper -> renderer: not over after all; open for grouping again, a new run begins."""

    type: ClassVar[str] = "group.unresolved.v1"


class GroupSilenced(GroupEvent):
    """grouper -> renderer: quiet until `group.silenced_until` (None: for ever)."""

    type: ClassVar[str] = "group.silenced.v1"


class GroupUnsilenced(GroupEvent):
    """grouper -> renderer: by a person or because its time was up; a new run begins."""

    type: ClassVar[str] = "group.unsilenced.v1"


class GroupRestarted(GroupEvent):
    """grouper -> renderer: a person began its escalation anew; a new run begins."""

    type: ClassVar[str] = "group.restarted.v1"


class GroupReminded(GroupEvent):
    """grouper -> renderer: whoever acknowledged it is asked whether he still works on it (`group.reminder`)."""

    type: ClassVar[str] = "group.reminded.v1"


class GroupConfirmed(GroupEvent):
    """grouper -> renderer: somebody still works on it."""

    type: ClassVar[str] = "group.confirmed.v1"


class GroupAttached(GroupEvent):
    """grouper -> renderer: it follows `group.root_id` from now on; nobody is paged for it."""

    type: ClassVar[str] = "group.attached.v1"


class GroupUnattached(GroupEvent):
    """grouper -> renderer: it stands for itself again; a new run begins."""

    type: ClassVar[str] = "group.unattached.v1"


class GroupResponderAdded(GroupEvent):
    """grouper -> renderer: people were paged directly: the ids of those users."""

    type: ClassVar[str] = "group.responder_added.v1"
    user_ids: tuple[str, ...] = ()


class GroupResponderRemoved(GroupEvent):
    """grouper -> renderer: people are paged directly no more: the ids of those users."""

    type: ClassVar[str] = "group.responder_removed.v1"
    user_ids: tuple[str, ...] = ()


class GroupNoteAdded(GroupEvent):
    """grouper -> renderer: a resolution note was written."""

    type: ClassVar[str] = "group.note_added.v1"
    note: Note | None = None


class GroupWiped(GroupEvent):
    """grouper -> renderer, notifier, chatops-publisher: over, and what its alerts said is erased; ids, times stay."""

    type: ClassVar[str] = "group.wiped.v1"


class GroupDeleted(GroupEvent):
    """grouper -> renderer, notifier, chatops-publisher: over, shown to nobody any more; what it said is erased."""

    type: ClassVar[str] = "group.deleted.v1"


class ActionApplied(Event):
    """grouper -> api, recorder: the action has taken effect; the group as it is now."""

    type: ClassVar[str] = "action.applied.v1"
    action_id: str
    action: str
    group: Group
    reply_to: str | None = None


class ActionRefused(Event):
    """grouper -> api, recorder: the action has no effect; `reason` says why."""

    type: ClassVar[str] = "action.refused.v1"
    action_id: str
    action: str
    group_id: str
    reply_to: str | None = None


class GroupChange(Frozen):
    """One group event that was folded into a `group.rendered`, without the group's state after it.

    `user_ids` are responders who were added or removed, `note` the resolution note that was written.
    """

    type: str
    version: int
    at: datetime
    alerts: tuple[str, ...] = ()
    actor: Actor | None = None
    user_ids: tuple[str, ...] = ()
    note: Note | None = None


class GroupRendered(Event):
    """renderer -> escalator: what each medium shows of the group as of `group.version`.

    `change` is the type of the newest group event folded into this one, `alerts` those of all of them.
    `changes` are the folded events in order, where there are several, or where one has more to tell than this.
    """

    type: ClassVar[str] = "group.rendered.v1"
    group: Group
    change: str
    alerts: tuple[str, ...] = ()
    actor: Actor | None = None
    cards: dict[str, Card] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    changes: tuple[GroupChange, ...] = ()


GROUP_EVENTS: tuple[type[GroupEvent], ...] = (
    GroupOpened,
    GroupAlertAdded,
    GroupAcknowledged,
    GroupUnacknowledged,
    GroupResolved,
    GroupUnresolved,
    GroupSilenced,
    GroupUnsilenced,
    GroupRestarted,
    GroupReminded,
    GroupConfirmed,
    GroupAttached,
    GroupUnattached,
    GroupResponderAdded,
    GroupResponderRemoved,
    GroupNoteAdded,
    GroupWiped,
    GroupDeleted,
)
