"""Users: the people who can be paged. OnCall clients only read them; here they can be written as well."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources import on_call_shifts, shift_swaps
from services.api.resources.desk import Body, Desk, Resource, at_most, required
from shared.domain.configuration import Rule, StepConfig, User
from shared.domain.contact_addresses import NotAnAddress, phone_number
from shared.domain.people import FORMER_ROLES
from shared.domain.recurrence import zone_problem

ROLES = ("admin", "editor", "viewer")
# Clients may filter by number as well as by word.
ROLE_NUMBERS = {"0": "admin", "1": "editor", "2": "viewer"}
ROLE_WORDS = {**FORMER_ROLES, **{one: one for one in ROLES}}
MAX_TEXT = 200
PERSONS = ("persons_to_notify", "persons_to_notify_next_each_time")


class SlackUserBody(Body):
    """The person in Slack."""

    user_id: str | None = None
    team_id: str | None = None


class UserBody(Body):
    """What a client writes of a user."""

    username: str | None = None
    name: str | None = None
    email: str | None = None
    role: str | None = None
    timezone: str | None = None
    phone_number: str | None = None
    slack: SlackUserBody | None = None
    teams: list[str] | None = None


def show(_desk: Desk, row: User, query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; `short=true` drops slack, timezone and teams."""
    shape: dict[str, Any] = {
        "id": row.id,
        "grafana_id": None,
        "email": row.email,
        "slack": _slack(row),
        "username": row.username,
        "name": row.name,
        "role": row.role,
        "is_phone_number_verified": row.contact("phone") is not None,
        "timezone": row.timezone,
        "teams": list(row.team_ids),
    }
    if query.get("short", "").lower() in ("true", "1"):
        shape = {key: value for key, value in shape.items() if key not in ("slack", "timezone", "teams")}
    return shape


def _slack(row: User) -> dict[str, Any] | None:
    point = row.contact("slack")
    return {"user_id": point.address, "team_id": row.slack_team_id} if point is not None else None


def select(desk: Desk, query: dict[str, str]) -> list[User]:
    """Return users, oldest first; names and addresses match in any case."""
    rows = desk.draft.all(User)
    for name in ("username", "email"):
        if name in query:
            rows = [one for one in rows if getattr(one, name).lower() == query[name].lower()]
    if "roles" in query:
        wanted = {_role_word(one) for one in query["roles"].split(",")}
        rows = [one for one in rows if one.role in wanted]
    return rows


def create(desk: Desk, body: UserBody) -> User:
    """Add a user; only the username is required."""
    user = User(id=desk.new_id(User), username=required(body.username, "username"))
    return _stored(desk, user, body)


def change(desk: Desk, row: User, body: UserBody) -> User:
    """Change a user."""
    return _stored(desk, row, body)


def remove(desk: Desk, row: User) -> None:
    """Remove a user with the personal rules, and from every step, shift and swap that names them."""
    for rule in desk.draft.find(Rule, "user_id", row.id):
        desk.draft.remove(rule)
    for step in desk.draft.all(StepConfig):
        named = {key: step.parameters[key] for key in PERSONS if row.id in step.parameters.get(key, ())}
        without = {key: [one for one in people if one != row.id] for key, people in named.items()}
        if without:
            desk.draft.put(step.model_copy(update={"parameters": {**step.parameters, **without}}))
    on_call_shifts.forget_user(desk, row.id)
    shift_swaps.forget_user(desk, row.id)
    desk.draft.remove(row)


def _stored(desk: Desk, row: User, body: UserBody) -> User:
    changes: dict[str, Any] = {}
    for name in ("username", "name", "email", "timezone"):
        value = getattr(body, name)
        if value is not None:
            at_most(value, MAX_TEXT, name)
            changes[name] = value
    if body.sent("phone_number"):
        changes["phone_number"] = _number(body.phone_number)
    if body.teams is not None:
        changes["team_ids"] = tuple(
            dict.fromkeys(filter(None, (desk.team_id(one, "teams") for one in body.teams)))
        )
    if body.sent("slack"):
        slack = body.slack or SlackUserBody()
        changes |= {"slack_user_id": slack.user_id or None, "slack_team_id": slack.team_id or None}
    if body.role is not None:
        changes["role"] = _checked_role(body.role)
    after = row.model_copy(update=changes)
    _check(desk, after)
    desk.draft.put(after)
    return after


def _number(text: str | None) -> str | None:
    try:
        return phone_number(text) if text else None
    except NotAnAddress as error:
        raise Invalid.field("phone_number", str(error)) from error


def _check(desk: Desk, row: User) -> None:
    required(row.username, "username")
    problem = zone_problem(row.timezone)
    if problem is not None:
        raise Invalid.field("timezone", problem)
    if row.email and ("@" not in row.email[1:-1] or any(one.isspace() for one in row.email)):
        raise Invalid.field("email", "Must be an e-mail address.")
    if any(one.id != row.id for one in desk.draft.find(User, "username", row.username)):
        raise Invalid.field("username", "Another user has this name.")


def _checked_role(word: str) -> str:
    role = ROLE_WORDS.get(word.lower())
    if role is None:
        raise Invalid.field("role", f"Must be one of {', '.join(ROLES)}.")
    return role


def _role_word(word: str) -> str:
    return ROLE_NUMBERS.get(word) or ROLE_WORDS.get(word.lower(), word)


USERS = Resource(
    name="users",
    model=User,
    body=UserBody,
    page_size=100,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
