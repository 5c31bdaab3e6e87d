"""What is told about a schedule by itself: changes of shift, nobody on call, reminders before a shift, open swaps.

A duty remembers what it told last, so each change is told once, also after a crash: state and events are one write.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.duty_texts import Said, change_of_shift, reminder, swap_asked, swap_still_open, swap_taken
from shared.domain.final_shifts import FinalShift, final_shifts
from shared.domain.model import Frozen
from shared.domain.on_call import next_change, on_call_at
from shared.domain.schedule_watch import fingerprint
from shared.domain.schedules import Schedule, Swap
from shared.events import Event, NoticeRequested, derived_id

# A reminder of a day needs the shifts of a day; what is further away is looked at again by then.
FARTHEST_LEAD = timedelta(hours=24)
LOOK_AGAIN = timedelta(hours=12)
# Two shifts of one person that touch are one time on call.
TOUCHING = timedelta(seconds=1)
FOLLOW_UPS = tuple(timedelta(days=one) for one in (28, 21, 14, 7, 3, 2, 1, 0.5))
# What was due while nothing ran is told until so long after, not later.
LATEST = timedelta(hours=6)
SLACK = "slack"


class Duty(Frozen):
    """What was told of one schedule.

    `user_ids`: who was on call when it was last looked at; None before the first look, which tells nothing.
    `told`: ids of reminders and follow-ups whose time has come, each with the moment after which it is forgotten.
    `swaps`: the status of each open or taken swap as it was told. `config_version` and `fingerprint`: of the last
    look; where the latter is still the same, nothing that matters was edited.
    """

    id: str
    version: int = 1
    config_version: int = 0
    fingerprint: str = ""
    user_ids: tuple[str, ...] | None = None
    told: tuple[tuple[str, datetime], ...] = ()
    swaps: tuple[tuple[str, str], ...] = ()
    due_at: datetime | None = None


def look(duty: Duty, config: ConfigSnapshot, now: datetime) -> tuple[Duty, list[Event]]:
    """Tell what is to be told of a schedule now, and say when to look next; never, when it is gone."""
    schedule = config.schedule_by_id.get(duty.id)
    if schedule is None:
        after = duty.model_copy(update={"due_at": None, "config_version": config.version})
        return after.model_copy(update={"version": duty.version + 1}), []
    mark = fingerprint(config, schedule)
    if duty.fingerprint == mark and duty.due_at is not None and duty.due_at > now:
        unchanged = {"config_version": config.version, "version": duty.version + 1}
        return duty.model_copy(update=unchanged), []
    run = _Look(duty, config, schedule, now)
    run.changes()
    run.reminders()
    run.swaps()
    return run.after().model_copy(update={"fingerprint": mark}), run.events


class _Look:
    """One look at one schedule; collects what is told and what is remembered of it."""

    def __init__(self, duty: Duty, config: ConfigSnapshot, schedule: Schedule, now: datetime) -> None:
        self._duty = duty
        self._config = config
        self._schedule = schedule
        self._now = now
        self._is_first = duty.user_ids is None
        self._on_call = on_call_at(config, schedule.id, now).user_ids
        self._told = {id: until for id, until in duty.told if until > now}
        self._swaps: dict[str, str] = {}
        self._next: list[datetime] = [now + LOOK_AGAIN]
        self.events: list[Event] = []

    def after(self) -> Duty:
        """Return what is to be remembered."""
        change = next_change(self._config, self._schedule.id, self._now)
        times = [one for one in (*self._next, change) if one is not None and one > self._now]
        return Duty(
            id=self._duty.id,
            version=self._duty.version + 1,
            config_version=self._config.version,
            user_ids=self._on_call,
            told=tuple(sorted(self._told.items())),
            swaps=tuple(sorted(self._swaps.items())),
            due_at=min(times),
        )

    def changes(self) -> None:
        """Tell the schedule's channel that others, or nobody, are on call."""
        before = self._duty.user_ids
        if before is None or set(before) == set(self._on_call):
            return
        if self._schedule.notify_oncall_shift_freq == "never" and self._on_call:
            return
        said = change_of_shift(self._config, self._schedule, before, self._on_call, self._now)
        # The version makes the id: it rises with each look, and a look that lost a race told nothing.
        self._tell_channel(f"change {self._duty.version}", said)

    def reminders(self) -> None:
        """Remind each person before a time on call, as early as the person wants."""
        for user, shift in self._coming():
            leads = sorted(timedelta(seconds=one) for one in user.on_call_reminders.before)
            passed = [lead for lead in leads if shift.start - lead <= self._now]
            self._next += [shift.start - lead for lead in leads if lead not in passed]
            fresh = [lead for lead in passed if self._remember(_key(user, shift, lead), shift.start)]
            # Of several that have come at once (a shift was just made) one is told, and all are done with.
            if fresh and not self._is_first and shift.start - min(passed) + LATEST > self._now:
                said = reminder(self._schedule, user, shift.start, self._now)
                channel = user.on_call_reminders.channel
                key = _key(user, shift, min(fresh))
                self._request(key, said, channel=channel, user_id=user.id, valid_until=shift.start)

    def swaps(self) -> None:
        """Tell the schedule's channel of swaps that are asked for, taken, or still open shortly before."""
        before = dict(self._duty.swaps)
        for swap in self._config.swaps_of.get(self._schedule.id, ()):
            status = swap.status(self._now)
            if swap.swap_end <= self._now or status == "past_due":
                continue
            self._swaps[swap.id] = status
            if status == "open":
                self._follow_up(swap)
                self._next.append(swap.swap_start)
            if self._is_first or before.get(swap.id) == status:
                continue
            if status == "open":
                self._tell_channel(
                    f"swap {swap.id} open {swap.updated_at}", swap_asked(self._config, self._schedule, swap)
                )
            else:
                said = swap_taken(self._config, self._schedule, swap)
                self._tell_channel(f"swap {swap.id} taken {swap.updated_at}", said)

    def _follow_up(self, swap: Swap) -> None:
        """Ask again 4, 3, 2 and 1 weeks, 3, 2 and 1 days and 12 h before an open swap begins."""
        times = [swap.swap_start - one for one in FOLLOW_UPS if swap.swap_start - one > swap.created_at]
        passed = [one for one in times if one <= self._now]
        self._next += [one for one in times if one > self._now]
        fresh = [
            one for one in passed if self._remember(f"swap {swap.id} {one.isoformat()}", swap.swap_start)
        ]
        if fresh and not self._is_first and max(passed) in fresh and max(passed) + LATEST > self._now:
            said = swap_still_open(self._config, self._schedule, swap, self._now)
            self._tell_channel(f"swap {swap.id} {max(passed).isoformat()}", said)

    def _coming(self) -> Iterator[tuple[User, FinalShift]]:
        """Yield who wants reminders and begins a time on call within a day, with its first shift."""
        end = self._now + FARTHEST_LEAD + LOOK_AGAIN
        last: dict[str, datetime] = {}
        for one in final_shifts(self._config, self._schedule.id, self._now, end):
            user = self._config.user_by_id.get(one.user_id)
            begins = one.start > self._now and last.get(one.user_id, self._now) + TOUCHING < one.start
            is_on = one.user_id in self._on_call and one.user_id not in last
            last[one.user_id] = max(last.get(one.user_id, one.end), one.end)
            if begins and not is_on and user is not None and user.on_call_reminders.before:
                yield user, one

    def _remember(self, key: str, until: datetime) -> bool:
        """Remember that something's time has come; say whether that is new."""
        if key in self._told:
            return False
        self._told[key] = until
        return True

    def _tell_channel(self, key: str, said: Said) -> None:
        if self._schedule.slack_channel_id:
            self._request(key, said, channel=SLACK, address=self._schedule.slack_channel_id, in_channel=True)

    def _request(self, key: str, said: Said, **fields: Any) -> None:
        id = derived_id("duty", self._schedule.id, key)
        version = self._config.version
        self.events.append(
            NoticeRequested(
                id=id, time=self._now, subject=self._schedule.id, config_version=version,
                title=said.title, text=said.text, mentions=said.mentions, reason=said.reason, decision="told",
                **fields,
            )
        )  # fmt: skip


def _key(user: User, shift: FinalShift, lead: timedelta) -> str:
    return f"{user.id} {shift.start.isoformat()} {lead.total_seconds():.0f}"
