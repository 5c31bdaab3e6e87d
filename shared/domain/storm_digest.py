"""The digest of a storm: one page per person, channel and interval, about all groups that fire and are untold.

The first goes out at once. A digest about one group is that group's page. What is acknowledged or resolved by then
is not told; what a maintenance window holds waits for its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.cards import CARD_OF, Texts, prepared_for_telegram
from shared.domain.escalation_run import MEDIUM_OF, STAGE, Escalation, card_of
from shared.domain.markup import cut, one_line
from shared.domain.model import Card, Frozen, GroupRun
from shared.domain.storm import HeldPage, Storm
from shared.events import Due, Event, NotificationRequested, StageDecided, derived_id

# How soon a digest with nothing to tell looks again; and how long one whose storm is over looks for late pages.
LOOK_AGAIN = timedelta(seconds=2)
GRACE = timedelta(seconds=60)
# So many groups one digest is about at most: its sender looks at each of them once more.
MOST_GROUPS = 1000
NAMED = 5
TITLE_CHARS = 60
MARKDOWN = str.maketrans({one: f"\\{one}" for one in "\\`*_{}[]<>()#+-!|~"})


class Digest(Frozen):
    """What one person is told of one storm through one channel. `told` are the held pages that were told already.

    `closing`: the storm is over; when nothing comes any more until `due_at`, the digest has ended.
    """

    id: str
    storm: Storm
    user_id: str
    channel: str
    due_at: datetime | None
    told: tuple[str, ...] = ()
    sent: int = 0
    closing: bool = False
    version: int = 1


@dataclass(frozen=True)
class Untold:
    """A held page of a group that still fires."""

    page_id: str
    group_id: str
    run: int
    at: datetime


@dataclass(frozen=True)
class Look:
    """What a due digest finds: the untold pages, newest first, the escalations of the first few of them in that order,
    all pages that it was ever given, whether some wait for a window to end, whether the storm is on, and names.
    """

    untold: Sequence[Untold]
    named: Sequence[Escalation]
    known: frozenset[str]
    some_wait: bool
    is_on: bool
    integration: str
    user: str
    list_url: str


def list_url(public_url: str, integration_id: str) -> str:
    """Return the address of the page that lists what fires of an integration."""
    return f"{public_url.rstrip('/')}/alert-groups?integration_id={integration_id}&state=firing"


def begun(storm: Storm, page: HeldPage) -> Digest:
    """Return the digest that a first held page begins; due at once."""
    return Digest(id=page.digest_id, storm=storm, user_id=page.user_id, channel=page.channel, due_at=page.at)


def tell(digest: Digest, look: Look, now: datetime) -> tuple[Digest, list[Event]]:
    """Tell what is untold, and say when to look next."""
    chosen = look.untold[:MOST_GROUPS]
    kept = tuple(one for one in digest.told if one in look.known)
    after = digest.model_copy(
        update={
            "told": (*kept, *(one.page_id for one in chosen)),
            "sent": digest.sent + bool(chosen),
            "version": digest.version + 1,
            **_next_look(digest, look, now),
        }
    )
    return after, _events(digest, look, chosen, now) if chosen else []


def _next_look(digest: Digest, look: Look, now: datetime) -> dict[str, Any]:
    more = len(look.untold) > MOST_GROUPS or look.some_wait
    if look.untold and (look.is_on or more):
        return {"due_at": now + timedelta(seconds=digest.storm.digest_interval_s), "closing": False}
    if look.is_on or more:
        return {"due_at": now + LOOK_AGAIN, "closing": False}
    if digest.closing and not look.untold:
        return {"due_at": None}
    return {"due_at": now + GRACE, "closing": True}


def _events(digest: Digest, look: Look, chosen: Sequence[Untold], now: datetime) -> list[Event]:
    newest, page = look.named[0], _page_of(look.named[0], chosen[0].page_id)
    cause = Due.of(digest.id, "digest", digest.due_at or now, alert_id=newest.group.last_alert_id)
    several = len(chosen) > 1
    request = NotificationRequested.following(
        cause,
        time=now,
        subject=newest.group_id,
        config_version=newest.config_version,
        group=newest.group,
        user_id=digest.user_id,
        channel=digest.channel,
        card=digest_card(digest, look, len(chosen)) if several else card_of(newest, digest.channel),
        important=page.important,
        digest=tuple(GroupRun(id=one.group_id, run=one.run) for one in chosen) if several else (),
        decision="digested" if several else "paged",
        reason=f"{len(chosen)} alert groups in one page: {_storm_words(digest, look)}; {page.reason}"
        if several
        else page.reason,
    )
    request = request.model_copy(update={"id": chosen[0].page_id})
    return [request, *(_member(one, request, len(chosen), now) for one in chosen[1:])]


def _member(one: Untold, request: NotificationRequested, count: int, now: datetime) -> StageDecided:
    """Say in a group's own timeline that a page about several groups told of it."""
    made = StageDecided.following(
        request,
        time=now,
        subject=one.group_id,
        alert_id=None,
        stage=STAGE,
        group_id=one.group_id,
        decision="digested",
        reason=f"told by {request.channel} in one page about {count} alert groups ({request.id})",
    )
    return made.model_copy(update={"id": derived_id("digested", one.page_id)})


def digest_card(digest: Digest, look: Look, count: int) -> Card:
    """Return what a page about several groups says: how many, the newest few, and where all of them are."""
    further = "further " if digest.sent else ""
    titles = [cut(one_line(one.group.title or "Alert"), TITLE_CHARS) for one in look.named[:NAMED]]
    more = f", and {count - len(titles)} more" if count > len(titles) else ""
    title = f"{look.integration}: {count} {further}alert groups are firing"
    return listing(title, (titles, more), _storm_words(digest, look), digest.channel, look.list_url)


def listing(title: str, named: tuple[Sequence[str], str], words: str, channel: str, url: str) -> Card:
    """Return a card that names some groups and says in `named[1]` how many more there are; `url` lists them all."""
    titles, more = named
    medium = MEDIUM_OF.get(channel, channel)
    if medium in ("sms", "phone_call"):
        return CARD_OF[medium](Texts(f"{title}. Newest: {'; '.join(titles)}{more}"), None, url)
    lines = [f"- {_shown(one, medium)}" for one in titles]
    if more:
        lines.append(f"- {more.removeprefix(', ')}")
    ending = f"{_shown(words, medium)}. All of them: {url}" if words else f"All of them: {url}"
    texts = Texts(
        _shown(title, medium) if medium in ("slack", "telegram") else title, "\n".join([*lines, "", ending])
    )
    return CARD_OF.get(medium, CARD_OF["web"])(texts, None, url)


def _shown(text: str, medium: str) -> str:
    """Return text from outside as a medium shows it letter by letter."""
    if medium == "telegram":
        return str(prepared_for_telegram(text))
    if medium == "slack":
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text if medium == "mobile_app" else text.translate(MARKDOWN)


def _storm_words(digest: Digest, look: Look) -> str:
    storm = digest.storm
    state = "is in a storm" if look.is_on else "was in a storm"
    return f"{look.integration} {state} since {storm.since:%H:%M} UTC ({storm.rate:.0f} groups a minute)"


def _page_of(escalation: Escalation, page_id: str) -> HeldPage:
    return next(one for one in escalation.held_pages if one.id == page_id)
