"""Steps of escalation chains as sentences, with the names of people and things in the place of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.domain.configuration import ConfigSnapshot, StepConfig
from shared.domain.daily_window import WEEKDAYS
from shared.domain.steps import MAX_REPEATS
from shared.domain.steps.pauses import DEFAULT_WAIT_S
from shared.domain.steps.schedules import DEFAULT_HOLD_S

Parameters = Mapping[str, Any]
Words = Callable[[Parameters, ConfigSnapshot], str]
SIZES = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_OF = dict(zip(WEEKDAYS, DAYS, strict=True))


def step_sentence(step: StepConfig, config: ConfigSnapshot) -> str:
    """Return what a step does; one of a type that is not known here is named."""
    words = SENTENCES.get(step.type)
    said = words(step.parameters, config) if words is not None else f"Unknown step {step.type}"
    important = ", important" if step.important else ""
    condition = f", only if {step.condition} is true" if step.condition else ""
    return f"{said}{important}{condition}"


def spoken(seconds: int) -> str:
    """Return a length of time in full words: "1 hour 30 minutes"."""
    parts, left = [], max(seconds, 0)
    for size, word in SIZES:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {word}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


def listed(words: Iterable[str]) -> str:
    """Return words as people list them: "a, b and c"."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def days_in_words(days: Iterable[str]) -> str:
    """Return weekdays as people say them; a run of three or more by its ends."""
    places = sorted(WEEKDAYS.index(one) for one in days if one in DAY_OF)
    if len(places) > 2 and places == list(range(places[0], places[-1] + 1)):
        return f"{DAYS[places[0]]} to {DAYS[places[-1]]}"
    return listed(DAYS[one] for one in places)


def _people(given: Parameters, config: ConfigSnapshot, field: str) -> str:
    ids = given.get(field) or ()
    named = [config.user_by_id[one].username for one in ids if one in config.user_by_id]
    return listed(named) if named else "nobody (no person is chosen)"


def _schedule(given: Parameters, config: ConfigSnapshot, field: str = "schedule") -> str:
    found = config.schedule_by_id.get(given.get(field) or "")
    return found.name if found is not None else "no schedule (none is chosen)"


def _wait(given: Parameters, _config: ConfigSnapshot) -> str:
    return f"Wait {spoken(given.get('duration') or DEFAULT_WAIT_S)}"


def _persons(given: Parameters, config: ConfigSnapshot) -> str:
    return f"Page {_people(given, config, 'persons_to_notify')}"


def _next_person(given: Parameters, config: ConfigSnapshot) -> str:
    return f"Page the next in turn of {_people(given, config, 'persons_to_notify_next_each_time')}"


def _on_call(given: Parameters, config: ConfigSnapshot) -> str:
    return f"Page whoever is on call in {_schedule(given, config, 'notify_on_call_from_schedule')}"


def _next_on_call(given: Parameters, config: ConfigSnapshot) -> str:
    return f"Page whoever is on call next in {_schedule(given, config)}"


def _until_on_call(given: Parameters, config: ConfigSnapshot) -> str:
    longest = spoken(given.get("max_duration") or DEFAULT_HOLD_S)
    return f"Wait until somebody is on call in {_schedule(given, config)}, at most {longest}"


def _team(given: Parameters, config: ConfigSnapshot) -> str:
    found = config.team_by_id.get(given.get("team_to_notify") or "")
    return f"Page all members of team {found.name}" if found else "Page a team (none is chosen)"


def _user_group(given: Parameters, config: ConfigSnapshot) -> str:
    found = config.user_group_by_id.get(given.get("group_to_notify") or "")
    named = f"user group {found.name}" if found else "a user group (none is chosen)"
    return f"Page the members of Slack's {named}"


def _channel(_given: Parameters, _config: ConfigSnapshot) -> str:
    return "Page everybody in the route's Slack channel"


def _hours(given: Parameters, _config: ConfigSnapshot) -> str:
    begin, end = given.get("notify_if_time_from"), given.get("notify_if_time_to")
    if begin is None or end is None:
        return "Go on within a time of day (none is set)"
    zone = given.get("time_zone") or "UTC"
    days = f" on {days_in_words(given['weekdays'])}" if given.get("weekdays") else ""
    return f"Go on from {clock_words(begin)} to {clock_words(end)} {zone}{days}, else wait until then"


def clock_words(text: str) -> str:
    """Return a stored time of day without what nobody reads: "09:00:00Z" is "09:00"."""
    return text.removesuffix("Z").removesuffix(":00") if text.count(":") == 2 else text.removesuffix("Z")


def _many_alerts(given: Parameters, _config: ConfigSnapshot) -> str:
    limit, minutes = given.get("num_alerts_in_window"), given.get("num_minutes_in_window")
    if limit is None or minutes is None:
        return "Go on after many alerts (no number is set)"
    return f"Go on when more than {limit} alerts came within {spoken(60 * minutes)}, until then wait"


def _not_acknowledged(given: Parameters, _config: ConfigSnapshot) -> str:
    duration_s = given.get("duration")
    if duration_s is None:
        return "Go on if nobody acknowledges in time (no time is set)"
    return f"Go on if nobody acknowledged within {spoken(duration_s)} after the chain began"


def _webhook(given: Parameters, config: ConfigSnapshot) -> str:
    found = config.webhook_by_id.get(given.get("action_to_trigger") or "")
    return f"Call the webhook {found.name}" if found else "Call a webhook (none is chosen)"


def _repeat(_given: Parameters, _config: ConfigSnapshot) -> str:
    return f"Begin again with the first step, at most {MAX_REPEATS} times"


def _resolve(_given: Parameters, _config: ConfigSnapshot) -> str:
    return "Resolve the alert group"


def _continue_if(given: Parameters, _config: ConfigSnapshot) -> str:
    return f"Go on only if {given.get('continue_if') or '(no condition is set)'} is true, else end here"


def _raise(_given: Parameters, _config: ConfigSnapshot) -> str:
    return "From here on page by important rules"


def _lower(_given: Parameters, _config: ConfigSnapshot) -> str:
    return "From here on page by default rules"


SENTENCES: dict[str, Words] = {
    "wait": _wait,
    "notify_persons": _persons,
    "notify_person_next_each_time": _next_person,
    "notify_on_call_from_schedule": _on_call,
    "notify_next_on_call": _next_on_call,
    "wait_until_on_call": _until_on_call,
    "notify_team_members": _team,
    "notify_user_group": _user_group,
    "notify_whole_channel": _channel,
    "notify_if_time_from_to": _hours,
    "notify_if_num_alerts_in_window": _many_alerts,
    "notify_if_not_acknowledged_within": _not_acknowledged,
    "trigger_webhook": _webhook,
    "repeat_escalation": _repeat,
    "resolve": _resolve,
    "continue_if": _continue_if,
    "raise_importance": _raise,
    "lower_importance": _lower,
}
