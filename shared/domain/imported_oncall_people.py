"""People of an OnCall with their personal notification rules; how they are reached is mostly not told by its API."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.imported import Row, Taking, Written, part_of, position_of, without_blanks, words
from shared.domain.people import FORMER_ROLES

ROLES = ("admin", "editor", "viewer")
BY_PHONE = ("notify_by_sms", "notify_by_phone_call")
# Channels whose addresses the API does not tell, and what a person does about each.
CONNECTED = {
    "notify_by_telegram": "their Telegram account",
    "notify_by_mattermost": "their Mattermost account",
    "notify_by_msteams": "their Teams account",
    "notify_by_mobile_app": "the app on their phone",
    "notify_by_mobile_app_critical": "the app on their phone",
    "notify_by_webhook": "their personal webhook",
}


def oncall_users(taking: Taking, rows: Sequence[Row], rules: Sequence[Row]) -> list[Written]:
    """Return the users with both lists of their rules, in order."""
    by_user: dict[str, list[Row]] = {}
    for rule in sorted(rules, key=position_of):
        by_user.setdefault(str(rule.get("user_id")), []).append(rule)
    return [_user(taking, row, by_user.get(str(row.get("id")), [])) for row in rows]


def _user(taking: Taking, row: Row, rules: Sequence[Row]) -> Written:
    name = taking.names.of("users", row.get("id")) or ""
    slack = part_of(row, "slack")
    lists = {
        which: [_rule(one) for one in rules if bool(one.get("important")) == is_important]
        for which, is_important in (("default", False), ("important", True))
    }
    _tell_of_addresses(taking, name, row, rules)
    return without_blanks(
        {
            "username": name,
            "email": words(row.get("email")),
            "role": _role(taking, name, words(row.get("role"))),
            "timezone": words(row.get("timezone")),
            "slack_user_id": slack.get("user_id"),
            "slack_team_id": slack.get("team_id"),
            "rules": without_blanks(lists),
        }
    )


def _role(taking: Taking, name: str, word: str) -> str:
    """Return the role; who had none, or one that is not known, gets the least."""
    role = FORMER_ROLES.get(word.lower(), word.lower())
    if role in ROLES:
        return role
    taking.left_out("user", name, f"the role {word!r} is not known here: it is a viewer now")
    return "viewer"


def _rule(row: Row) -> Written | str:
    kind = words(row.get("type"))
    if kind == "wait" and row.get("duration") is not None:
        return {"type": kind, "duration": row["duration"]}
    return kind


def _tell_of_addresses(taking: Taking, name: str, row: Row, rules: Sequence[Row]) -> None:
    """Note what the person, or an admin, must enter before the rules can work."""
    types = {words(one.get("type")) for one in rules}
    if row.get("is_phone_number_verified") or types & set(BY_PHONE):
        message = "OnCall's API does not tell telephone numbers: add phone_number, or the person does in the console"
        taking.left_out("user", name, message)
    for what in dict.fromkeys(CONNECTED[one] for one in CONNECTED if one in types):
        taking.left_out("user", name, f"OnCall's API does not tell {what}: the person connects it again")
    if "notify_by_slack" in types and not part_of(row, "slack").get("user_id"):
        taking.left_out("user", name, "is to be told by Slack, and OnCall knows no Slack account")
