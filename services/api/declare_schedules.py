"""Schedules in a declaration: names turned into ids, and shifts that become exactly what is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.declare_faults import Faults
from services.api.resources import on_call_shifts
from services.api.resources.desk import Desk
from services.api.resources.on_call_shifts import ShiftBody
from shared.domain.configuration import User
from shared.domain.declaration import Path
from shared.domain.declared_schedules import DeclaredSchedule, DeclaredShift
from shared.domain.schedules import SOURCES, Schedule, Shift


def schedule_fields(declared: DeclaredSchedule) -> dict[str, Any]:
    """Return the body of a declared schedule; its shifts are written afterwards."""
    return declared.model_dump(exclude={"shifts"})


def write_shifts(
    desk: Desk, faults: Faults, path: Path, row: Schedule, declared: Sequence[DeclaredShift] | None
) -> None:
    """Make the shifts that a schedule owns what is written, found by name; overrides stay, None leaves them all."""
    if declared is None:
        return
    owned = [one for one in desk.draft.find(Shift, "schedule_id", row.id) if not one.is_override]
    before = {one.name: one for one in owned if one.schedule_id == row.id}
    for position, shift in enumerate(declared):
        with faults.at((*path, position)):
            _write(desk, row, _fields(faults, (*path, position), shift), before.pop(shift.name, None))
    for left in before.values():
        on_call_shifts.remove(desk, left)


def _write(desk: Desk, row: Schedule, fields: dict[str, Any], before: Shift | None) -> None:
    body = ShiftBody(**fields, schedule=row.id, source=SOURCES["api"] if before is None else before.source)
    if before is not None and before.type == fields["type"]:
        on_call_shifts.change(desk, before, body)
        return
    if before is not None:
        on_call_shifts.remove(desk, before)
    on_call_shifts.create(desk, body)


def _fields(faults: Faults, path: Path, declared: DeclaredShift) -> dict[str, Any]:
    """Return the body of a shift, every field of it, so that what is no longer written goes back to its default."""
    fields = declared.model_dump()
    fields["users"] = _ids(faults, (*path, "users"), declared.users)
    fields["rolling_users"] = [
        _ids(faults, (*path, "rolling_users", position), turn)
        for position, turn in enumerate(declared.rolling_users)
    ]
    return fields


def _ids(faults: Faults, path: Path, names: Sequence[str]) -> list[str]:
    found = [faults.id_of(User, name, (*path, position)) for position, name in enumerate(names)]
    return [one for one in found if one is not None]
