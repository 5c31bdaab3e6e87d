"""Pages of one person through one channel, kept apart: the first goes at once, later ones go together.

In a burst nobody is served by ten text messages. The window of (person, channel, important) says until when pages
are collected; what has been collected then goes out as one message that names its groups, and opens the next window.
A limit of messages per time makes a window longer: it ends when another message is within the limit again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.markup import cut, one_line
from shared.domain.model import Card, Frozen, Group
from shared.domain.storm_digest import listing
from shared.errors import Permanent
from shared.events import NotificationRequested, derived_id

NAMED = 5
TITLE_CHARS = 60
# A collected page goes out alone when the first of its bundle did not take it along within this time.
FOLLOWS_AFTER = timedelta(seconds=30)
# A limit holds an important page no longer than this.
LONGEST_IMPORTANT_HOLD = timedelta(minutes=2)
MOST_MESSAGES = 100


@dataclass(frozen=True)
class Limit:
    """At most so many messages within any such time."""

    messages: int
    within: timedelta


@dataclass(frozen=True)
class Pace:
    """How messages to one person through one channel are kept apart: by an interval, by a limit, by both."""

    every: timedelta = timedelta(0)
    limit: Limit | None = None


class SentMessage(Frozen):
    """When a message went out, and the page that it was of; "" for a message about several."""

    at: datetime
    page_id: str = ""


class Window(Frozen):
    """Until when pages of `id` (person, channel, important) are collected; `first_id` is the page that opened it.

    `leader_id` is the first collected page, the one that takes the others along at `until`; "" while there is none.
    `sent` are the newest messages, as many as the limit allows. `limited`: the limit made the window longer.
    """

    id: str
    until: datetime
    first_id: str
    leader_id: str = ""
    sent: tuple[SentMessage, ...] = ()
    limited: bool = False


class Place(Frozen):
    """When a page goes out; `bundle` names what it goes with, None when it goes alone and at once."""

    due_at: datetime
    bundle: str | None = None


def window_id(page: NotificationRequested) -> str:
    """Return the name of the window that a page falls into."""
    return f"{page.user_id}:{page.channel}:{'important' if page.important else 'default'}"


def place(
    before: Window | None, page: NotificationRequested, pace: Pace, now: datetime
) -> tuple[Window, Place]:
    """Return the window after a page, and when the page goes out; asked twice for one page it says the same."""
    if before is not None and page.id in (before.first_id, *(one.page_id for one in before.sent)):
        return before, Place(due_at=now)
    window = _settled(before, page.important, pace, now)
    if window is None or now >= window.until:
        nothing = Window(id=window_id(page), until=now, first_id=page.id)
        alone = (window or nothing).model_copy(update={"first_id": page.id})
        return _after_message(
            alone, SentMessage(at=_stored(now), page_id=page.id), page.important, pace
        ), Place(due_at=now)
    leader_id = window.leader_id or page.id
    window = window.model_copy(update={"leader_id": leader_id})
    bundle = derived_id("bundle", window.id, window.until.isoformat())
    due_at = window.until if leader_id == page.id else window.until + FOLLOWS_AFTER
    return window, Place(due_at=due_at, bundle=bundle)


def _settled(before: Window | None, important: bool, pace: Pace, now: datetime) -> Window | None:
    """Return the window as of now: what it collected has gone out at its end, and was a message that opened another."""
    if before is None or not before.leader_id or now < before.until:
        return before
    return _after_message(before, SentMessage(at=before.until), important, pace)


def _after_message(window: Window, message: SentMessage, important: bool, pace: Pace) -> Window:
    """Return the window that a message opens: as long as the interval, or until the limit has room for another."""
    until, limited = _stored(message.at + pace.every), False
    sent: tuple[SentMessage, ...] = ()
    if pace.limit is not None:
        sent = (*window.sent, message)[-pace.limit.messages :]
        room_at = sent[0].at + pace.limit.within
        if important:
            room_at = min(room_at, message.at + LONGEST_IMPORTANT_HOLD)
        limited = len(sent) == pace.limit.messages and room_at > until
        until = room_at if limited else until
    changes = {"until": until, "leader_id": "", "sent": sent, "limited": limited}
    return window.model_copy(update=changes)


def _stored(at: datetime) -> datetime:
    """Return an instant as exact as the database keeps it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def bundle_card(groups: Sequence[Group], channel: str, url: str) -> Card:
    """Return what one message about several groups says: how many, the newest few, where all of them are."""
    newest = sorted(groups, key=lambda one: one.opened_at, reverse=True)
    names = [_name(one) for one in newest[:NAMED]]
    more = f", and {len(groups) - NAMED} more" if len(groups) > NAMED else ""
    return listing(f"{len(groups)} alert groups are firing", (names, more), "", channel, url)


def _name(group: Group) -> str:
    number = f" (#{group.number})" if group.number is not None else ""
    return f"{cut(one_line(group.title or 'Alert'), TITLE_CHARS)}{number}"


def paces(intervals: str, limits: str) -> Mapping[str, Pace]:
    """Read "sms=120, phone_call=120" (seconds between messages) and "sms=10/30" (messages/minutes), by channel.

    Raises:
        Permanent: not of that form; the message shows the part.
    """
    every = {channel: timedelta(seconds=_whole(text)) for channel, text in _parts(intervals, "seconds")}
    limit = {channel: _limit(channel, text) for channel, text in _parts(limits, "messages/minutes")}
    found = {one: Pace(every.get(one, timedelta(0)), limit.get(one)) for one in (*every, *limit)}
    return {channel: pace for channel, pace in found.items() if pace != Pace()}


def _parts(text: str, form: str) -> Sequence[tuple[str, str]]:
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        channel, _, value = (one.strip() for one in part.partition("="))
        if not channel or not all(one.strip().isdecimal() for one in value.split("/")):
            raise Permanent(f"{part!r} is not of the form channel={form}")
        if value.count("/") != form.count("/"):
            raise Permanent(f"{part!r} is not of the form channel={form}")
        found.append((channel, value))
    return found


def _whole(text: str) -> int:
    return int(text.strip())


def _limit(channel: str, text: str) -> Limit | None:
    """Return a limit; none for 0, which stands for no limit as 0 seconds stand for no interval."""
    messages, minutes = (_whole(one) for one in text.split("/"))
    if messages > MOST_MESSAGES:
        raise Permanent(f"{channel}={text} is more than {MOST_MESSAGES} messages: that is no limit")
    return Limit(messages, timedelta(minutes=minutes)) if messages and minutes else None
