"""Steps that notify whoever belongs to something: a team, a user group of Slack, the route's channel."""

from __future__ import annotations

from shared.domain.model import Frozen
from shared.domain.steps.step import Moment, StepResult, StepType, notified


class NotifyTeamMembers(Frozen):
    """Notify all members of a team."""

    team_to_notify: str | None = None


class NotifyUserGroup(Frozen):
    """Notify the members of a user group of Slack that are users here."""

    group_to_notify: str | None = None


class NotifyWholeChannel(Frozen):
    """Notify the members of the route's Slack channel that are users here."""


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
    return notified(members, moment, name, f"{name} has no members that are users here")


def notify_whole_channel(step: NotifyWholeChannel, moment: Moment) -> StepResult:
    """Notify the channel that the group is posted to."""
    route = moment.config.route_by_id.get(moment.group.route_id or "")
    if route is None or not route.slack.enabled or not route.slack.id:
        return notified((), moment, "the whole channel", "the route posts to no Slack channel of its own")
    channel = next((one for one in moment.config.slack_channels if one.id == route.slack.id), None)
    name = f"the whole channel #{channel.name}" if channel is not None else "the whole channel"
    if channel is None or channel.slack_user_ids is None:
        return notified((), moment, name, f"it is not known who is in Slack channel {route.slack.id}")
    members = moment.config.users_of_slack(channel.slack_user_ids)
    return notified(members, moment, name, "nobody in the channel is a user here")


STEPS = {
    "notify_team_members": StepType(NotifyTeamMembers, notify_team_members, can_be_important=True),
    "notify_user_group": StepType(NotifyUserGroup, notify_user_group, can_be_important=True),
    "notify_whole_channel": StepType(NotifyWholeChannel, notify_whole_channel),
}
