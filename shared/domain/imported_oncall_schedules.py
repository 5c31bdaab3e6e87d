"""Schedules of an OnCall with their shifts; overrides that are still to come become shifts of the highest level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.imported import Row, Taking, Written, items_of, part_of, without_blanks, words
from shared.domain.shift_form import HIGHEST_LEVEL

KIND = "schedule"
RECURRING = ("recurrent_event", "rolling_users")
TIMES = ("rotation_start", "until")
ROTATION = ("frequency", "interval", "week_start", "by_day", "by_month", "by_monthday")
URLS = {"ical": ("ical_url_primary", "ical_url_overrides"), "calendar": ("ical_url_overrides",)}
# Times are local ones, so what is over for so long is over in every zone.
SURELY = timedelta(days=2)
Lists = Mapping[str, Sequence[Row]]


def oncall_schedules(taking: Taking, lists: Lists, now: datetime) -> list[Written]:
    """Return the schedules with the shifts that are theirs alone; what is over is only counted."""
    shared = _shared(lists)
    found = []
    for row in lists["schedules"]:
        name = taking.names.of("schedules", row.get("id")) or ""
        mine = [one for one in _shifts_of(row, lists) if str(one.get("id")) not in shared]
        over = [one for one in mine if _is_over(one, now)]
        if over:
            taking.told(KIND, name, f"{len(over)} shifts and overrides that are over are not taken along")
        shifts = [_own(taking, name, one) for one in mine if not _is_over(one, now)]
        _tell_of_swaps(taking, name, row, lists["shift_swaps"], now)
        found.append(_schedule(taking, name, row, [one for one in shifts if one is not None]))
    return found


def oncall_shared_shifts(taking: Taking, lists: Lists, now: datetime) -> list[Written]:
    """Return the shifts that several schedules refer to, or none."""
    shared = _shared(lists)
    found = []
    for row in lists["on_call_shifts"]:
        if str(row.get("id")) not in shared:
            continue
        if _is_over(row, now):
            taking.told("shift", words(row.get("name")), "is over and not taken along")
            continue
        written = shift_of(taking, "shift", row)
        if written is not None:
            taking.name("shifts", "shift", row, words(row.get("name")), row.get("team_id"))
            name = taking.names.of("shifts", row.get("id"))
            team = taking.names.of("teams", row.get("team_id"))
            found.append({**written, **without_blanks({"name": name, "team": team})})
    return found


def shift_of(taking: Taking, kind: str, row: Row, of: str = "") -> Written | None:
    """Return one shift, rotation or override; None for one of a type that is not known."""
    name = words(row.get("name")) or "shift"
    where, prefix = (of, f"shift {name}: ") if of else (name, "")
    type = words(row.get("type"))
    once = type in ("single_event", "override")
    if not once and type not in RECURRING:
        taking.left_out(kind, where, f"{prefix}there is no type {type!r} of shifts")
        return None
    turns = row.get("rolling_users") or []
    people = [taking.names.people(turn) for turn in turns] if isinstance(turns, list) else []
    users, gone = taking.names.people(row.get("users"))
    gone += [one for _, strangers in people for one in strangers]
    if gone:
        taking.left_out(kind, where, f"{prefix}who is no user any more is not in it: {', '.join(gone)}")
    written = {
        "name": name,
        "type": "single_event" if once else type,
        "start": _time(row.get("start")),
        "duration": row.get("duration"),
        "time_zone": row.get("time_zone"),
        "level": HIGHEST_LEVEL if type == "override" else row.get("level") or None,
        "users": users,
    }
    if not once:
        written |= {one: _time(row.get(one)) for one in TIMES} | {one: row.get(one) for one in ROTATION}
    elif people:
        written["users"] = list(dict.fromkeys([*users, *(one for names, _ in people for one in names)]))
    if type == "rolling_users":
        written["rolling_users"] = [names for names, _ in people]
        written["start_rotation_from_user_index"] = row.get("start_rotation_from_user_index") or None
    return without_blanks(written)


def _own(taking: Taking, name: str, row: Row) -> Written | None:
    written = shift_of(taking, KIND, row, of=name)
    if written is not None and row.get("type") == "override":
        written["name"] = f"Override {written.get('start', '')}"
        who = ", ".join(written.get("users", [])) or "nobody"
        message = (
            f"the override of {who} from {written.get('start')} is a shift of level {HIGHEST_LEVEL} now, "
            "which goes before all others"
        )
        taking.told(KIND, name, message)
    return written


def _schedule(taking: Taking, name: str, row: Row, shifts: list[Written]) -> Written:
    type, slack = words(row.get("type")) or "web", part_of(row, "slack")
    written: Written = {
        "name": name,
        "type": type,
        "team": taking.names.of("teams", row.get("team_id")),
        "time_zone": row.get("time_zone"),
        "slack": without_blanks({key: slack.get(key) for key in ("channel_id", "user_group_id")}),
        "shared_shifts": list(_references(taking, row)),
    }
    if row.get("enable_web_overrides") and type in URLS:
        written["enable_web_overrides"] = True
    for one in URLS.get(type, ()):
        if words(row.get(one)):
            written[one] = taking.secret(KIND, name, one, value=words(row.get(one)))
    return {**without_blanks(written), **({"shifts": shifts} if type != "ical" else {})}


def _references(taking: Taking, row: Row) -> Iterator[Any]:
    for one in items_of(row.get("shifts")):
        found = taking.names.reference("shifts", one)
        if found is not None:
            yield found


def _shifts_of(schedule: Row, lists: Lists) -> list[Row]:
    """Return the shifts that a schedule refers to or owns, in the order of the API."""
    referred = {str(one) for one in items_of(schedule.get("shifts"))}
    return [
        one
        for one in lists["on_call_shifts"]
        if str(one.get("id")) in referred
        or (schedule.get("id") and one.get("schedule") == schedule.get("id"))
    ]


def _shared(lists: Lists) -> set[str]:
    """Return the ids of the shifts that are not one schedule's alone."""
    users: dict[str, int] = {str(one.get("id")): 0 for one in lists["on_call_shifts"]}
    for schedule in lists["schedules"]:
        for one in _shifts_of(schedule, lists):
            users[str(one.get("id"))] += 1
    return {row_id for row_id, count in users.items() if count != 1}


def _time(value: Any) -> str | None:
    """Return a local time as it is written, without the Z that some versions add."""
    return words(value).removesuffix("Z") or None


def _read(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(_time(value) or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _is_over(row: Row, now: datetime) -> bool:
    """Whether nothing of a shift is still to come, wherever it is."""
    start, until, length = _read(row.get("start")), _read(row.get("until")), row.get("duration")
    if row.get("type") in RECURRING:
        return until is not None and until + timedelta(seconds=_number(length)) + SURELY < now
    return start is not None and start + timedelta(seconds=_number(length)) + SURELY < now


def _number(value: Any) -> int:
    return min(value, 10**9) if isinstance(value, int) else 0


def _tell_of_swaps(taking: Taking, name: str, row: Row, swaps: Sequence[Row], now: datetime) -> None:
    for one in swaps:
        ends = _read(one.get("swap_end"))
        if one.get("schedule") != row.get("id") or one.get("status") == "deleted":
            continue
        if ends is not None and ends < now:
            continue
        asks, stands_in = (taking.names.of("users", one.get(who)) for who in ("beneficiary", "benefactor"))
        message = (
            f"the swap of {asks or one.get('beneficiary')} from {one.get('swap_start')} to {one.get('swap_end')}, "
            f"{f'taken by {stands_in}' if stands_in else 'not taken yet'}: ask for it here again"
        )
        taking.left_out(KIND, name, message)
