"""How long schedules take: who is on call at random moments, a rendered year, two years of hourly shifts.

    python -m tests.bench.schedules

The schedule has 20 layers with three years of history: each layer was edited every two months, which left its
former versions, and there was an override every day. CPU is this process's alone.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.domain.calendar_export import export_schedule
from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.external_events import fetched_calendar
from shared.domain.final_shifts import final_shifts
from shared.domain.on_call import next_change, next_on_call, on_call_at
from shared.domain.schedule_health import quality
from shared.domain.schedules import Schedule, Shift, Swap

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LAYERS, YEARS, PEOPLE = 20, 3, 40
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC")
VERSION = timedelta(days=60)
DAY_S, YEAR = 86_400, timedelta(days=365)


def big_schedule(frequency: str | None = None, *, history: bool = True, levels: int = 4) -> ConfigSnapshot:
    """Return a configuration with schedule S; `frequency` makes all layers alike, else they are mixed."""
    users = tuple(User(id=f"U{n}", username=f"user{n}", email=f"u{n}@x.org") for n in range(PEOPLE))
    shifts = [one for layer in range(LAYERS) for one in versions(layer, frequency, history, levels)]
    if history:
        shifts += [override(day) for day in range(YEARS * 365)]
    return ConfigSnapshot(
        users=users,
        schedules=(Schedule(id="S", name="Big", time_zone="Europe/Berlin"),),
        shifts=tuple(shifts),
        swaps=tuple(swap(number) for number in range(50)),
    )


def versions(layer: int, frequency: str | None, history: bool, levels: int) -> list[Shift]:
    """Return a layer's versions one after the other, the last one without an end."""
    kind = frequency or ("hourly", "daily", "weekly", "monthly", "daily")[layer % 5]
    begin = NOW - YEARS * YEAR
    borders = [begin]
    while history and borders[-1] + VERSION < NOW:
        borders.append(borders[-1] + VERSION)
    return [
        Shift(
            id=f"L{layer}-{number}",
            name=f"Layer {layer}",
            type="rolling_users",
            schedule_id="S",
            time_zone=ZONES[layer % len(ZONES)],
            level=layer % levels,
            start=f"{begin:%Y-%m-%d}T{layer:02d}:00:00",
            duration={"hourly": 3_600, "daily": DAY_S // 2, "weekly": 7 * DAY_S, "monthly": 5 * DAY_S}[kind],
            frequency=kind,  # type: ignore[arg-type]
            interval=1,
            by_day=("MO", "TU", "WE", "TH", "FR") if layer % 5 == 4 and frequency is None else (),
            rolling_users=tuple((f"U{(layer + turn) % PEOPLE}",) for turn in range(8)),
            start_rotation_from_user_index=0,
            effective_from=since if number else None,
            ended_at=borders[number + 1] if number + 1 < len(borders) else None,
        )
        for number, since in enumerate(borders)
    ]


def override(day: int) -> Shift:
    """Return one of the overrides of the past, two hours of one day."""
    at = NOW - YEARS * YEAR + timedelta(days=day)
    return Shift(
        id=f"O{day}",
        name="Override",
        type="override",
        schedule_id="S",
        start=f"{at:%Y-%m-%d}T18:00:00",
        duration=7_200,
        users=(f"U{day % PEOPLE}",),
    )


def swap(number: int) -> Swap:
    """Return a taken swap of a day, every three weeks."""
    at = NOW - YEARS * YEAR + number * timedelta(weeks=3)
    return Swap(
        id=f"W{number}",
        schedule_id="S",
        swap_start=at,
        swap_end=at + timedelta(days=1),
        beneficiary_id=f"U{number % PEOPLE}",
        benefactor_id=f"U{(number + 1) % PEOPLE}",
        created_at=at,
    )


def external(count: int) -> str:
    """Return a calendar of single events over three years, and five series."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:bench"]
    for number in range(count):
        at = NOW - YEARS * YEAR + number * (YEARS * YEAR / count)
        lines += event(number, f"{at:%Y%m%dT%H0000}", "DURATION:PT8H")
    for number in range(5):
        rule = f"RRULE:FREQ=WEEKLY;INTERVAL={number + 1};BYDAY=MO,TH"
        lines += event(count + number, "20230501T090000", "DURATION:PT8H", rule)
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def event(number: int, start: str, *more: str) -> list[str]:
    """Return the lines of one event."""
    return [
        "BEGIN:VEVENT",
        f"UID:{number}@bench",
        f"DTSTART;TZID=Europe/Berlin:{start}",
        *more,
        f"SUMMARY:[L{number % 3}] user{number % PEOPLE}",
        "END:VEVENT",
    ]


def timed(call: Callable[..., object], *arguments: object) -> tuple[float, float]:
    """Return how many milliseconds a call took, by the clock and of this process's CPU."""
    begin, used = time.perf_counter(), time.process_time()
    call(*arguments)
    return (time.perf_counter() - begin) * 1_000, (time.process_time() - used) * 1_000


def say(what: str, took: list[tuple[float, float]]) -> None:
    """Print one line of numbers, in milliseconds: by the clock, and CPU."""
    columns = []
    for ordered in (sorted(one[0] for one in took), sorted(one[1] for one in took)):
        p99 = ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
        columns.append(f"{statistics.median(ordered):9.3f} {p99:9.3f} {ordered[-1]:9.3f}")
    print(f"{what:<62} {columns[0]} | {columns[1]}")


def measure_moments(what: str, config: ConfigSnapshot, rounds: int) -> None:
    """Ask who is on call at random moments, past and future."""
    dice = random.Random(7)
    moments = [NOW + dice.uniform(-YEARS, 2) * YEAR for _ in range(rounds)]
    say(f"{what}: first question", [timed(on_call_at, config, "S", NOW)])
    say(f"{what}: on call at a random moment", [timed(on_call_at, config, "S", at) for at in moments])
    few = moments[: max(rounds // 50, 5)]
    say(f"{what}: next change", [timed(next_change, config, "S", at) for at in few])
    say(f"{what}: next on call", [timed(next_on_call, config, "S", at) for at in few])


def main() -> None:
    """Measure all and print it."""
    parser = argparse.ArgumentParser(prog="schedules")
    parser.add_argument("--rounds", type=int, default=5_000)
    rounds = parser.parse_args().rounds
    mixed = big_schedule()
    print(f"{LAYERS} layers, {YEARS} years, {len(mixed.shifts)} shifts, {len(mixed.swaps)} swaps")
    print(f"{'milliseconds':<62} {'p50':>9} {'p99':>9} {'max':>9} | {'CPU p50':>9} {'p99':>9} {'max':>9}")
    measure_moments("history", mixed, rounds)
    fresh = ConfigSnapshot(**dict(mixed))
    say("history: first question after a change", [timed(on_call_at, fresh, "S", NOW)])
    say("history: a rendered year, ahead", [timed(final_shifts, mixed, "S", NOW, NOW + YEAR)])
    say("history: a rendered year, of the past", [timed(final_shifts, mixed, "S", NOW - YEAR, NOW)])
    say("history: quality of 52 weeks", [timed(quality, mixed, "S", NOW)])
    say("history: export", [timed(export_schedule, mixed, "S", NOW)])
    hourly = big_schedule("hourly", history=False)
    say("20 hourly layers: two years", [timed(final_shifts, hourly, "S", NOW, NOW + 2 * YEAR)])
    level = big_schedule("hourly", history=False, levels=1)
    say("20 hourly layers of one level: two years", [timed(final_shifts, level, "S", NOW, NOW + 2 * YEAR)])
    text = external(3_000)
    say("3,000 events: reading the calendar", [timed(fetched_calendar, "S", "primary", text, NOW)])
    ical = ConfigSnapshot(
        users=mixed.users,
        schedules=(Schedule(id="S", name="Ical", type="ical", time_zone="Europe/Berlin"),),
        calendars=(fetched_calendar("S", "primary", text, NOW),),
    )
    measure_moments("3,000 events", ical, rounds)


if __name__ == "__main__":
    main()
