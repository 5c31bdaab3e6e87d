"""People as they are configured: users, what they are reached by, their rules, their teams and groups."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import BeforeValidator

from shared.domain.contacts import KIND_OF_CHANNEL, ContactPoint, Kind
from shared.domain.group_settings import ReminderSettings
from shared.domain.model import Frozen
from shared.domain.rule_hours import RuleHours

# Words of older configurations and of existing clients for the same rights.
FORMER_ROLES = {"user": "editor", "observer": "viewer"}
Role = Annotated[
    Literal["admin", "editor", "viewer"],
    BeforeValidator(lambda word: FORMER_ROLES.get(word, word) if isinstance(word, str) else word),
]


class Team(Frozen):
    """A team that owns objects and has members; who they are stands with the users (`User.team_ids`)."""

    id: str
    name: str
    email: str | None = None
    avatar_url: str = ""
    acknowledge_reminder: ReminderSettings = ReminderSettings()


class OnCallReminders(Frozen):
    """How a person is told before going on call: so many seconds `before` (none: not at all), through `channel`."""

    before: tuple[int, ...] = ()
    channel: str = "email"


class User(Frozen):
    """A person who can be paged, whatever the role is.

    `email`, `phone_number` and `slack_user_id` were entered by an admin, who vouches for them;
    `contact_points` are the person's own. `contact()` looks at both.
    """

    id: str
    username: str
    name: str = ""
    email: str = ""
    role: Role = "editor"
    timezone: str = "UTC"
    phone_number: str | None = None
    slack_user_id: str | None = None
    slack_team_id: str | None = None
    team_ids: tuple[str, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    on_call_reminders: OnCallReminders = OnCallReminders()

    def contact(self, channel: str) -> ContactPoint | None:
        """Return where pages of a channel (or a kind of contact point) go; None: nowhere that is vouched for.

        Of several of one kind it is the one that was verified last; a point that the person proved goes before
        what an admin entered.
        """
        kind = KIND_OF_CHANNEL.get(channel, channel)
        proved = [one for one in self.contact_points if one.kind == kind and one.verified_at is not None]
        if proved:
            return max(proved, key=lambda one: (one.verified_at, one.id))
        declared = [one for one in self.contact_points if one.kind == kind and one.declared]
        return declared[-1] if declared else self._entered(kind)

    def _entered(self, kind: str) -> ContactPoint | None:
        address = {"email": self.email, "phone": self.phone_number, "slack": self.slack_user_id}.get(kind)
        if not address:
            return None
        return ContactPoint(id=kind, kind=cast("Kind", kind), address=address, declared=True)


class Rule(Frozen):
    """One personal notification rule: `wait` (`duration` in seconds) or a notify_by_<channel>.

    `only_between`: outside of these hours the rule is passed over.
    """

    id: str
    user_id: str
    position: int = 0
    important: bool = False
    type: str
    duration: int | None = None
    only_between: RuleHours | None = None


class UserGroup(Frozen):
    """A user group of Slack, as Slack told last; `id` is Slack's. `slack_user_ids` are its members there."""

    id: str
    name: str
    handle: str = ""
    slack_user_ids: tuple[str, ...] = ()


class SlackChannel(Frozen):
    """A channel of Slack, as Slack told last; `id` is Slack's.

    `slack_user_ids` are its members there, None where they are not known.
    """

    id: str
    name: str
    is_private: bool = False
    slack_user_ids: tuple[str, ...] | None = None
