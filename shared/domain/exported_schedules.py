"""A schedule in an exported declaration: its own shifts inside, shared ones by name, nobody's overrides."""

from __future__ import annotations

from typing import Any

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.declared_schedules import DeclaredSchedule, DeclaredSharedShift, DeclaredShift
from shared.domain.exported_names import ExportedNames, dumped
from shared.domain.schedules import Schedule, Shift

SCHEDULE_SECRETS = ("ical_url_primary", "ical_url_overrides")
# Defaults of the API that a declaration leaves open.
NOTICES = (
    "notify_oncall_shift_freq",
    "notify_empty_oncall",
    "mention_oncall_start",
    "mention_oncall_next",
)
LISTS = ("by_day", "by_month", "by_monthday")
SAME = (
    *("name", "type", "start", "duration", "time_zone", "level", "rotation_start", "until", "frequency"),
    *("interval", "week_start", "effective_from", "ended_at"),
)


def exported_schedule(row: Schedule, config: ConfigSnapshot, names: ExportedNames) -> dict[str, Any]:
    """Return a schedule with its shifts."""
    shifts = config.shifts_of(row)
    declared = DeclaredSchedule.model_validate(
        {
            **row.model_dump(include={"name", "type", "time_zone", "enable_web_overrides"}),
            "team": names.team(row.team_id),
            "slack": {"channel_id": row.slack_channel_id, "user_group_id": row.slack_user_group_id},
            **{name: getattr(row, name) for name in NOTICES if not _is_default(row, name)},
        }
    )
    secrets = {
        name: names.secret("schedule", row.name, name) for name in SCHEDULE_SECRETS if getattr(row, name)
    }
    own = [one for one in config.shifts if one.schedule_id == row.id and not one.is_override]
    shared = [one for one in shifts if one.schedule_id is None]
    referred = {"shared_shifts": [names.of(Shift, one.id) for one in shared]} if shared else {}
    written = {"shifts": [dumped(_shift(one, names)) for one in own]} if own or row.type != "ical" else {}
    return {**dumped(declared), **secrets, **written, **referred}


def exported_shared_shift(row: Shift, names: ExportedNames) -> dict[str, Any]:
    """Return a shift that stands for itself."""
    return dumped(DeclaredSharedShift.model_validate(_shift(row, names).model_dump()))


def _is_default(row: Schedule, name: str) -> bool:
    return bool(getattr(row, name) == Schedule.model_fields[name].default)


def _shift(row: Shift, names: ExportedNames) -> DeclaredShift:
    return DeclaredShift.model_validate(
        {
            **{name: getattr(row, name) for name in SAME},
            **{name: list(getattr(row, name)) or None for name in LISTS},
            "team": names.team(row.team_id),
            "users": [names.of(User, one) for one in row.users],
            "rolling_users": [[names.of(User, one) for one in turn] for turn in row.rolling_users],
            "start_rotation_from_user_index": row.start_rotation_from_user_index or 0,
        }
    )
