"""Personal notification rules: how one person wants to be paged, in order, by default and when it is important."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, Flag, Resource, required
from services.api.resources.positions import place
from shared.domain.configuration import Rule, User
from shared.domain.rule_hours import RuleHours

SHORTEST_WAIT_S, LONGEST_WAIT_S = 60, 86_400
DEFAULT_WAIT_S = 300
CHANNELS = (
    "notify_by_slack",
    "notify_by_sms",
    "notify_by_phone_call",
    "notify_by_telegram",
    "notify_by_mobile_app",
    "notify_by_mobile_app_critical",
    "notify_by_email",
    "notify_by_mattermost",
    "notify_by_msteams",
    "notify_by_webhook",
    "notify_by_ntfy",
    "notify_by_pushover",
    "notify_by_apprise",
)


class RuleBody(Body):
    """What a client writes of a rule; a later write carries neither `user_id` nor `important`."""

    user_id: str | None = None
    position: int | None = None
    type: str | None = None
    duration: int | None = None
    important: Flag | None = None
    manual_order: Flag | None = None
    only_between: RuleHours | None = None


def show(_desk: Desk, row: Rule, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; only a wait has a duration (seconds)."""
    shape: dict[str, Any] = {
        "id": row.id,
        "user_id": row.user_id,
        "position": row.position,
        "important": row.important,
        "type": row.type,
    }
    if row.type == "wait":
        shape["duration"] = row.duration
    if row.only_between is not None:
        shape["only_between"] = row.only_between.model_dump(mode="json")
    return shape


def select(desk: Desk, query: dict[str, str]) -> list[Rule]:
    """Return rules user by user, default before important, in order."""
    if "user_id" in query:
        wanted = desk.user.id if query["user_id"] == "current" and desk.user else query["user_id"]
        rows = desk.draft.find(Rule, "user_id", wanted)
    else:
        rows = desk.draft.all(Rule)
    if "important" in query:
        important = query["important"].lower() in ("true", "1")
        rows = [one for one in rows if one.important == important]
    return sorted(rows, key=lambda one: (one.user_id, one.important, one.position, one.id))


def create(desk: Desk, body: RuleBody) -> Rule:
    """Add a rule to one of a person's two lists."""
    user = desk.existing(User, required(body.user_id, "user_id"), "user_id")
    assert user is not None
    desk.check_own(user.id)
    kind = _checked_type(required(body.type, "type"))
    row = Rule(id=desk.new_id(Rule), user_id=user.id, important=bool(body.important), type=kind)
    return _stored(desk, row, body, now=None)


def change(desk: Desk, row: Rule, body: RuleBody) -> Rule:
    """Change a rule; it stays in its list."""
    desk.check_own(row.user_id)
    kind = _checked_type(body.type) if body.type else row.type
    return _stored(desk, row.model_copy(update={"type": kind}), body, now=row.position)


def remove(desk: Desk, row: Rule) -> None:
    """Remove a rule; the others keep their places."""
    desk.check_own(row.user_id)
    desk.draft.remove(row)


def _stored(desk: Desk, row: Rule, body: RuleBody, now: int | None) -> Rule:
    position = row.position if now is not None and body.position is None else _placed(desk, row, body, now)
    hours = body.only_between if "only_between" in body.model_fields_set else row.only_between
    if hours is not None and row.type == "wait":
        raise Invalid.field("only_between", "A wait has no hours; set them on the rules that tell somebody.")
    changes = {"position": position, "duration": _duration(row, body), "only_between": hours}
    after = row.model_copy(update=changes)
    desk.draft.put(after)
    return after


def _duration(row: Rule, body: RuleBody) -> int | None:
    if row.type != "wait":
        return None
    duration = body.duration if body.duration is not None else row.duration or DEFAULT_WAIT_S
    if not SHORTEST_WAIT_S <= duration <= LONGEST_WAIT_S:
        raise Invalid.field("duration", f"Must be {SHORTEST_WAIT_S} to {LONGEST_WAIT_S} seconds.")
    return duration


def _checked_type(word: str) -> str:
    if word != "wait" and word not in CHANNELS:
        raise Invalid.field("type", f"Must be wait or one of {', '.join(CHANNELS)}.")
    return word


def _placed(desk: Desk, row: Rule, body: RuleBody, now: int | None) -> int:
    siblings = {
        one.id: one
        for one in desk.draft.find(Rule, "user_id", row.user_id)
        if one.important == row.important and one.id != row.id
    }

    def move(rule_id: str, position: int) -> None:
        desk.draft.put(siblings[rule_id].model_copy(update={"position": position}))

    return place(list(siblings.values()), body.position, now, bool(body.manual_order), move)


RULES = Resource(
    name="personal_notification_rules",
    model=Rule,
    body=RuleBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
