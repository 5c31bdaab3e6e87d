"""Shift swaps: somebody asks to be replaced for a while, somebody else takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Body, Desk, Resource, at_most, required
from services.api.resources.maintenance_windows import EARLIEST, LATEST, instant
from shared.domain.configuration import User
from shared.domain.schedules import Schedule, Swap

MAX_DESCRIPTION = 3000
YES = ("true", "1")


class SwapBody(Body):
    """What a client writes of a swap; times are ISO 8601, without an offset in UTC."""

    schedule: str | None = None
    swap_start: str | None = None
    swap_end: str | None = None
    beneficiary: str | None = None
    benefactor: str | None = None
    description: str | None = None


class TakeBody(Body):
    """Who takes a swap; whoever asks, when it is not said."""

    benefactor: str | None = None


def show(desk: Desk, row: Swap, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; the `shifts` that it is about are added where one is read."""
    return {
        "id": row.id,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at or row.created_at),
        "schedule": row.schedule_id,
        "swap_start": instant(row.swap_start),
        "swap_end": instant(row.swap_end),
        "beneficiary": row.beneficiary_id,
        "benefactor": row.benefactor_id,
        "status": row.status(desk.tools.now),
        "description": row.description,
    }


def select(desk: Desk, query: dict[str, str]) -> list[Swap]:
    """Return swaps by their start."""
    rows = desk.draft.all(Swap)
    for name, field in (
        ("schedule_id", "schedule_id"),
        ("beneficiary", "beneficiary_id"),
        ("benefactor", "benefactor_id"),
    ):
        if name in query:
            rows = [one for one in rows if getattr(one, field) == query[name]]
    if "starting_after" in query:
        after = read_instant(query["starting_after"], "starting_after")
        rows = [one for one in rows if one.swap_start >= after]
    if query.get("open_only", "").lower() in YES:
        rows = [one for one in rows if one.status(desk.tools.now) == "open"]
    return sorted(rows, key=lambda one: (one.swap_start, one.id))


def create(desk: Desk, body: SwapBody) -> Swap:
    """Ask for a swap; without a beneficiary it is for whoever asks."""
    schedule = desk.existing(Schedule, required(body.schedule, "schedule"), "schedule")
    assert schedule is not None
    asked_by = body.beneficiary or (desk.user.id if desk.user is not None else None)
    beneficiary = desk.existing(User, required(asked_by, "beneficiary"), "beneficiary")
    assert beneficiary is not None
    row = Swap(
        id=desk.new_id(Swap),
        schedule_id=schedule.id,
        swap_start=read_instant(required(body.swap_start, "swap_start"), "swap_start"),
        swap_end=read_instant(required(body.swap_end, "swap_end"), "swap_end"),
        beneficiary_id=beneficiary.id,
        benefactor_id=_benefactor(desk, body.benefactor, beneficiary.id),
        description=body.description or "",
        created_at=desk.tools.now,
        updated_at=desk.tools.now,
    )
    return _stored(desk, row)


def change(desk: Desk, row: Swap, body: SwapBody) -> Swap:
    """Change an open swap.

    Raises:
        Refused: 400, it is taken or past.
    """
    _check_open(desk, row)
    if body.schedule is not None and body.schedule != row.schedule_id:
        raise Invalid.field("schedule", "A swap keeps its schedule.")
    changes: dict[str, Any] = {"updated_at": desk.tools.now}
    for name in ("swap_start", "swap_end"):
        if body.sent(name):
            changes[name] = read_instant(required(getattr(body, name), name), name)
    if body.beneficiary is not None:
        found = desk.existing(User, required(body.beneficiary, "beneficiary"), "beneficiary")
        assert found is not None
        changes["beneficiary_id"] = found.id
    if body.sent("benefactor"):
        beneficiary = changes.get("beneficiary_id", row.beneficiary_id)
        changes["benefactor_id"] = _benefactor(desk, body.benefactor, beneficiary)
    if body.sent("description"):
        changes["description"] = body.description or ""
    return _stored(desk, row.model_copy(update=changes))


def remove(desk: Desk, row: Swap) -> None:
    """Take a swap back, also a taken one: the beneficiary is on call again."""
    desk.draft.remove(row)


def take(desk: Desk, row: Swap, body: TakeBody) -> Swap:
    """Have somebody stand in.

    Raises:
        Refused: 400, it is taken or past, or the beneficiary wants to take it.
    """
    _check_open(desk, row)
    who = body.benefactor or (desk.user.id if desk.user is not None else None)
    benefactor = _benefactor(desk, required(who, "benefactor"), row.beneficiary_id)
    taken = row.model_copy(update={"benefactor_id": benefactor, "updated_at": desk.tools.now})
    desk.draft.put(taken)
    return taken


def forget_user(desk: Desk, user_id: str) -> None:
    """Take a person who goes out of all swaps: what they asked for goes, what they took is open again."""
    for row in desk.draft.find(Swap, "beneficiary_id", user_id):
        desk.draft.remove(row)
    for row in desk.draft.find(Swap, "benefactor_id", user_id):
        desk.draft.put(row.model_copy(update={"benefactor_id": None}))


def read_instant(text: str, field: str) -> datetime:
    """Return an instant that a client wrote; without an offset it is UTC.

    Raises:
        Invalid: it is no time, or one of another century.
    """
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid.field(field, f"Must be a time such as 2026-12-06T02:00:00Z: {error}.") from error
    if not EARLIEST <= at <= LATEST:
        raise Invalid.field(field, "Must be between the years 2000 and 2100.")
    return at


def _benefactor(desk: Desk, user_id: str | None, beneficiary_id: str) -> str | None:
    found = desk.existing(User, user_id, "benefactor")
    if found is None:
        return None
    if found.id == beneficiary_id:
        raise Invalid.field("benefactor", "Nobody can take a swap of their own.")
    return found.id


def _check_open(desk: Desk, row: Swap) -> None:
    status = row.status(desk.tools.now)
    if status != "open":
        raise Refused.because(400, f"This swap is {status}: only an open one can be changed or taken.")


def _stored(desk: Desk, row: Swap) -> Swap:
    if row.swap_end <= row.swap_start:
        raise Invalid.field("swap_end", "Must be after swap_start.")
    if row.swap_start < desk.tools.now:
        raise Invalid.field("swap_start", "Must not be in the past.")
    at_most(row.description, MAX_DESCRIPTION, "description")
    desk.draft.put(row)
    return row


SWAPS = Resource(
    name="shift_swaps",
    model=Swap,
    body=SwapBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
