"""Schedules in a declaration: names turned into ids, and shifts that become exactly what is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.declare_faults import Faults
from services.api.resources import on_call_shifts
from services.api.resources.desk import Desk
from services.api.resources.on_call_shifts import ShiftBody
from services.api.resources.schedules import URLS
from shared.domain.configuration import User
from shared.domain.declaration import Path
from shared.domain.declaration_parts import Reference
from shared.domain.declared_schedules import DeclaredSchedule, DeclaredShift
from shared.domain.schedules import SOURCES, Schedule, Shift

BOUNDS = ("effective_from", "ended_at")


def schedule_fields(
    faults: Faults, path: Path, declared: DeclaredSchedule, before: Schedule | None
) -> dict[str, Any]:
    """Return the body of a declared schedule; its shifts are written afterwards."""
    fields = declared.model_dump(exclude={"shifts", "shared_shifts", "set", "team"})
    fields["team_id"] = faults.team_id(declared.team, path)
    for name in URLS:
        stored = getattr(before, name) if before is not None else None
        fields[name] = faults.secret((*path, name), getattr(declared, name), stored)
    return fields


def write_shifts(
    desk: Desk, faults: Faults, path: Path, row: Schedule, declared: Sequence[DeclaredShift] | None
) -> None:
    """Make the shifts that a schedule owns what is written; overrides stay, None leaves them all.

    They are found by name, those of the same name by their order.
    """
    if declared is None:
        return
    owned = [one for one in desk.draft.find(Shift, "schedule_id", row.id) if not one.is_override]
    before: dict[str, list[Shift]] = {}
    for one in owned:
        if one.schedule_id == row.id:
            before.setdefault(one.name, []).append(one)
    for position, shift in enumerate(declared):
        inner = (*path, position)
        same = before.get(shift.name, [])
        with faults.at(inner):
            _write(desk, row, shift_fields(faults, inner, shift), shift, same.pop(0) if same else None)
    for left in before.values():
        for one in left:
            on_call_shifts.remove(desk, one)


def write_shared_shifts(
    desk: Desk, faults: Faults, path: Path, row: Schedule, declared: Sequence[Reference] | None
) -> None:
    """Make the shared shifts that a schedule refers to what is written; None leaves them.

    Its own shifts among those that it refers to stay: they are declared as its own.
    """
    if declared is None:
        return
    found = [faults.id_of(Shift, one, (*path, position)) for position, one in enumerate(declared)]
    wanted = tuple(dict.fromkeys(one for one in found if one is not None))
    stored = desk.draft.get(Schedule, row.id) or row
    own = [one for one in stored.shift_ids if _is_own(desk, one)]
    if tuple(one for one in stored.shift_ids if one not in own) != wanted:
        desk.draft.put(stored.model_copy(update={"shift_ids": (*wanted, *own)}))


def shift_fields(faults: Faults, path: Path, declared: DeclaredShift) -> dict[str, Any]:
    """Return the body of a shift, every field of it, so that what is no longer written goes back to its default."""
    fields = declared.model_dump(exclude={"set", "team", *BOUNDS})
    fields["team_id"] = faults.team_id(declared.team, path)
    fields["users"] = _ids(faults, (*path, "users"), declared.users)
    fields["rolling_users"] = [
        _ids(faults, (*path, "rolling_users", position), turn)
        for position, turn in enumerate(declared.rolling_users)
    ]
    return fields


def _write(
    desk: Desk, row: Schedule, fields: dict[str, Any], declared: DeclaredShift, before: Shift | None
) -> None:
    body = ShiftBody(**fields, schedule=row.id, source=SOURCES["api"] if before is None else before.source)
    if before is not None and before.type == fields["type"]:
        saved = on_call_shifts.change(desk, before, body)
    else:
        if before is not None:
            on_call_shifts.remove(desk, before)
        saved = on_call_shifts.create(desk, body)
    bounds = {name: getattr(declared, name) for name in BOUNDS}
    desk.draft.put(saved.model_copy(update=bounds))


def _is_own(desk: Desk, shift_id: str) -> bool:
    shift = desk.draft.get(Shift, shift_id)
    return shift is None or shift.schedule_id is not None


def _ids(faults: Faults, path: Path, names: Sequence[str]) -> list[str]:
    found = [faults.id_of(User, name, (*path, position)) for position, name in enumerate(names)]
    return [one for one in found if one is not None]
