"""Pages of one person through one channel, kept an interval apart: the first goes at once, later ones go together.

In a burst nobody is served by ten text messages. The window of (person, channel, important) says until when pages
are collected; what has been collected then goes out as one message that names its groups, and opens the next window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class Window(Frozen):
    """Until when pages of `id` (person, channel, important) are collected; `first_id` is the page that opened it.

    `leader_id` is the first collected page, the one that takes the others along at `until`; "" while there is none.
    """

    id: str
    until: datetime
    first_id: str
    leader_id: str = ""


class Place(Frozen):
    """When a page goes out; `bundle` names what it goes with, None when it goes alone and at once."""

    due_at: datetime
    bundle: str | None = None


def window_id(page: NotificationRequested) -> str:
    """Return the name of the window that a page falls into."""
    return f"{page.user_id}:{page.channel}:{'important' if page.important else 'default'}"


def place(
    before: Window | None, page: NotificationRequested, every: timedelta, now: datetime
) -> tuple[Window, Place]:
    """Return the window after a page, and when the page goes out; asked twice for one page it says the same."""
    if before is not None and before.first_id == page.id:
        return before, Place(due_at=now)
    window = _open(before, every, now)
    if window is None:
        # As exact as the database keeps it.
        until = (now + every).replace(microsecond=now.microsecond // 1000 * 1000)
        return Window(id=window_id(page), until=until, first_id=page.id), Place(due_at=now)
    leader_id = window.leader_id or page.id
    window = window.model_copy(update={"leader_id": leader_id})
    bundle = derived_id("bundle", window.id, window.until.isoformat())
    due_at = window.until if leader_id == page.id else window.until + FOLLOWS_AFTER
    return window, Place(due_at=due_at, bundle=bundle)


def _open(before: Window | None, every: timedelta, now: datetime) -> Window | None:
    """Return the window that collects now; one that collected something is followed by another."""
    if before is None:
        return None
    if now < before.until:
        return before
    next_until = before.until + every
    if before.leader_id and now < next_until:
        return before.model_copy(update={"until": next_until, "leader_id": ""})
    return None


def bundle_card(groups: Sequence[Group], channel: str, url: str) -> Card:
    """Return what one message about several groups says: how many, the newest few, where all of them are."""
    newest = sorted(groups, key=lambda one: one.opened_at, reverse=True)
    names = [_name(one) for one in newest[:NAMED]]
    more = f", and {len(groups) - NAMED} more" if len(groups) > NAMED else ""
    return listing(f"{len(groups)} alert groups are firing", (names, more), "", channel, url)


def _name(group: Group) -> str:
    number = f" (#{group.number})" if group.number is not None else ""
    return f"{cut(one_line(group.title or 'Alert'), TITLE_CHARS)}{number}"


def intervals(text: str) -> Mapping[str, timedelta]:
    """Read "sms=120, phone_call=120" as the seconds between pages of one person, by channel.

    Raises:
        Permanent: not of that form; the message shows the part.
    """
    found = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        channel, _, seconds = part.partition("=")
        if not channel.strip() or not seconds.strip().isdecimal():
            raise Permanent(f"{part!r} is not of the form channel=seconds")
        found[channel.strip()] = timedelta(seconds=int(seconds))
    return {channel: every for channel, every in found.items() if every}
