"""Steps that notify whoever belongs to something: a team, a user group of Slack, the route's channel."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.model import Frozen
from shared.domain.steps.step import Moment, StepResult, StepType, notified

WHOLE_CHANNEL = "notify_whole_channel"
# So many members who are no users here are named.
STRANGERS_NAMED = 10


class NotifyTeamMembers(Frozen):
    """Notify all members of a team."""

    team_to_notify: str | None = None


class NotifyUserGroup(Frozen):
    """Notify the members of a user group of Slack that are users here."""

    group_to_notify: str | None = None


class NotifyWholeChannel(Frozen):
    """Notify the members of the route's Slack channel that are users here."""


def channels_paged(config: ConfigSnapshot) -> frozenset[str]:
    """Return the ids of the Slack channels whose members must be known, because a step may notify them."""
    chains = {one.escalation_chain_id for one in config.steps if one.type == WHOLE_CHANNEL}
    routes = (one for one in config.routes if one.escalation_chain_id in chains)
    return frozenset(one.slack.id for one in routes if one.slack.enabled and one.slack.id)


def notify_team_members(step: NotifyTeamMembers, moment: Moment) -> StepResult:
    """Notify a team."""
    team = moment.config.team_by_id.get(step.team_to_notify or "")
    if team is None:
        return notified((), moment, "a team", "no team is selected, or it was deleted")
    members = moment.config.members_of(team.id)
    return notified(members, moment, f"team {team.name}", f"team {team.name} has no members")


def notify_user_group(step: NotifyUserGroup, moment: Moment) -> StepResult:
    """Notify a user group."""
    group = moment.config.user_group_by_id.get(step.group_to_notify or "")
    if group is None:
        return notified((), moment, "a user group of Slack", "no user group is selected, or it was deleted")
    members = moment.config.members_of_group(group.id)
    name = f"user group {group.name}"
    nobody = f"{name} has no members that are users here"
    return _of_slack(members, moment, name, nobody, group.slack_user_ids)


def notify_whole_channel(step: NotifyWholeChannel, moment: Moment) -> StepResult:
    """Notify the channel that the group is posted to."""
    route = moment.config.route_by_id.get(moment.group.route_id or "")
    if route is None or not route.slack.enabled or not route.slack.id:
        return notified((), moment, "the whole channel", "the route posts to no Slack channel of its own")
    channel = next((one for one in moment.config.slack_channels if one.id == route.slack.id), None)
    name = f"the whole channel #{channel.name}" if channel is not None else "the whole channel"
    if channel is None or channel.slack_user_ids is None:
        why = "it is archived, deleted, or hidden from the app" if channel is None else "it was not told yet"
        unknown = f"it is not known who is in Slack channel {route.slack.id}: {why}"
        return notified((), moment, name, unknown)
    members = moment.config.users_of_slack(channel.slack_user_ids)
    nobody = "nobody in the channel is a user here"
    return _of_slack(members, moment, name, nobody, channel.slack_user_ids)


def _of_slack(
    members: tuple[User, ...], moment: Moment, name: str, nobody: str, slack_ids: tuple[str, ...]
) -> StepResult:
    """Notify the users among people of Slack, and name the others: nobody else tells that they are left out."""
    result = notified(members, moment, name, nobody)
    known = moment.config.user_by_slack_id
    strangers = [one for one in slack_ids if one not in known]
    if not strangers:
        return result
    more = len(strangers) - STRANGERS_NAMED
    named = ", ".join(strangers[:STRANGERS_NAMED]) + (f" and {more} more" if more > 0 else "")
    return replace(result, reason=f"{result.reason}; no users here: {named}")


STEPS = {
    "notify_team_members": StepType(NotifyTeamMembers, notify_team_members, can_be_important=True),
    "notify_user_group": StepType(NotifyUserGroup, notify_user_group, can_be_important=True),
    WHOLE_CHANNEL: StepType(NotifyWholeChannel, notify_whole_channel),
}
