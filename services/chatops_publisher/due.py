"""Brings chat messages to the newest version: look for a lost one, post once, then edit in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from shared import clock
from shared.bus.publisher import Publisher
from shared.channels.channel import Absent, Call, Channel, Chat, Message, Reply
from shared.domain import posting
from shared.domain.delivery import NoWord, Refused, Retry, SendOutcome, Sent
from shared.domain.posting import Decided, Pace, Post
from shared.domain.tickets import Sign, tickets_for
from shared.errors import Permanent, Transient, Unanswered, Unavailable
from shared.events import PostRequested
from shared.sending import Outlet
from shared.store.posts import Leased, Posts, target_of
from shared.telling import Telling

log = structlog.get_logger(__name__)
# Longer than any one call; prolonged before each post.
LEASE_S = 30.0
PAUSE_S = 0.25
PAGES = 20


class Changed(Exception):
    """The row cannot be worked on now: written by somebody else, in other hands, or its channel is left alone."""


# Where a message is seen, by medium and handle; None: not known.
Link = Callable[[str, str], str | None]


def _unknown(_medium: str, _handle: str) -> None:
    return None


@dataclass(frozen=True)
class Way:
    """One chat product with its settings."""

    channel: Channel[Any, Any]
    chat: Chat[Any]
    settings: Any


class Pauses:
    """Which channels of chat products are not to be talked to for now, because they said so."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def spare(self, target: str, until: datetime) -> None:
        """Leave a channel alone until then."""
        self._until[target] = max(until, self._until.get(target, until))

    def now(self) -> frozenset[str]:
        """The channels that are left alone now."""
        now = clock.now()
        self._until = {target: until for target, until in self._until.items() if until > now}
        return frozenset(self._until)


class Publishing:
    """Works on leased rows, one step per call of `publish`."""

    def __init__(
        self, posts: Posts, ways: Mapping[str, Way], outlet: Outlet, telling: Telling, bus: Publisher
    ) -> None:
        self._posts = posts
        self._ways = ways
        self._outlet = outlet
        self._telling = telling
        self._bus = bus
        self.pauses = Pauses()
        self.pace = Pace()
        self.public_url = ""
        self.sign: Sign | None = None
        self.link: Link = _unknown

    async def publish(self, leased: Leased) -> None:
        """Bring one message to the newest version, as far as the chat product lets us now."""
        try:
            if target_of(leased.post) in self.pauses.now():
                raise Changed("its channel is left alone for now")
            newest = await self._posts.leased(leased)
            if newest is None:
                raise Changed("another instance has it")
            await self._publish(Leased(newest, leased.token))
        except (Changed, Unavailable) as error:
            # Nothing was said to the chat product that is not written down: the row is due and comes again.
            log.info("post.put_back", post_id=leased.post.id, reason=str(error))
            await self._steadily_put_back(leased)

    async def broken(self, leased: Leased, error: BaseException) -> None:
        """Put off a row that a bug keeps from being worked on, and say so."""
        reason = f"bug: {type(error).__name__}: {error}"
        await self._save(leased, lambda post: posting.refused(post, reason, clock.now()))

    async def _publish(self, leased: Leased) -> None:
        post = leased.post
        way, reason = self._way(post)
        if way is None:
            await self._save(leased, lambda now: posting.refused(now, reason, clock.now()))
        elif not post.is_behind:
            await self._save(leased, lambda now: (posting.settled(now) if not now.is_behind else now, None))
        elif post.handle:
            await self._edit(leased, way)
        elif post.trying_since is not None:
            await self._look(leased, way, post.trying_since)
        else:
            await self._post(leased, way)

    def _way(self, post: Post) -> tuple[Way | None, str]:
        way = self._ways.get(post.medium)
        if way is None:
            return None, f"{post.medium} is not set up"
        missing = way.channel.unready(way.settings)
        if missing:
            return None, missing
        return (way, "") if post.channel else (None, f"no {way.channel.title} channel is configured")

    async def _post(self, leased: Leased, way: Way) -> None:
        before = leased.post
        now = clock.now()
        tried = posting.trying(before, now)
        if not await self._posts.keep(leased, before, tried, now + timedelta(seconds=LEASE_S)):
            raise Changed("a newer version was asked for, or another instance has it")
        call = way.channel.post(self._message(tried), tried.channel, way.settings)
        await self._conclude(leased, tried.event, await self._outcome(way, tried, call))

    async def _edit(self, leased: Leased, way: Way) -> None:
        post = leased.post
        call = way.chat.edit(self._message(post), post.handle, way.settings)
        await self._conclude(leased, post.event, await self._outcome(way, post, call))

    async def _conclude(self, leased: Leased, sent: PostRequested, outcome: SendOutcome) -> None:
        await self._save(leased, lambda post: posting.concluded(post, sent, outcome, clock.now(), self.pace))

    async def _look(self, leased: Leased, way: Way, since: datetime) -> None:
        """Look for a message that may have been posted without our knowing; what is found is edited next."""
        outcome = await self._found(leased.post, way, since)
        match outcome:
            case Sent():
                await self._save(
                    leased, lambda post: (posting.found(post, outcome.handle, clock.now()), None)
                )
            case Absent():
                await self._save(leased, lambda post: (posting.absent(post), None))
            case _:
                await self._save(leased, lambda post: posting.unfound(post, outcome, clock.now()))
        log.info("post.looked_for", post_id=leased.post.id, found=isinstance(outcome, Sent))

    async def _found(self, post: Post, way: Way, since: datetime) -> Sent | Absent | Retry | Refused | NoWord:
        if way.chat.find is None or way.chat.found is None:
            return Absent()
        known = await self._posts.any_handle(post.medium, post.channel)
        place = way.chat.place(known) if known else post.channel
        message, cursor = self._message(post), None
        for _ in range(PAGES):
            reply = await self._reply(way.chat.find(message, place, since, cursor, way.settings))
            if isinstance(reply, Retry | Refused | NoWord):
                return reply
            judged = way.chat.found(reply, message, place)
            if not isinstance(judged, Absent) or judged.cursor is None:
                self._spare(post, judged)
                return judged
            cursor = judged.cursor
        return Retry(f"the message is not on the last {PAGES} pages of the channel")

    async def _outcome(self, way: Way, post: Post, call: Call) -> SendOutcome:
        reply = await self._reply(call)
        outcome: SendOutcome = (
            reply if isinstance(reply, Retry | Refused | NoWord) else way.channel.read(reply)
        )
        self._spare(post, outcome)
        if isinstance(outcome, Sent) and outcome.permalink is None:
            permalink = self.link(post.medium, outcome.handle or post.handle)
            return replace(outcome, permalink=permalink)
        return outcome

    def _spare(self, post: Post, outcome: object) -> None:
        if isinstance(outcome, Retry) and outcome.wait_s:
            log.warning(
                "channel.spared", target=target_of(post), wait_s=outcome.wait_s, reason=outcome.reason
            )
            self.pauses.spare(target_of(post), clock.now() + timedelta(seconds=outcome.wait_s))

    async def _reply(self, call: Call) -> Reply | Retry | Refused | NoWord:
        try:
            return await self._outlet.perform(call)
        except Unanswered as error:
            return NoWord(error.reason)
        except Transient as error:
            return Retry(error.reason)
        except Permanent as error:
            return Refused(error.reason)

    async def _save(self, leased: Leased, decide: Callable[[Post], Decided]) -> None:
        """Write what became of the row, decided from the row as it is now, however long the database is away."""
        while True:
            try:
                post = await self._posts.leased(leased)
                if post is None:
                    log.warning("post.taken_over", post_id=leased.post.id)
                    return
                if await self._saved(leased, post, decide(post)):
                    return
            except Unavailable:
                await asyncio.sleep(PAUSE_S)

    async def _saved(self, leased: Leased, before: Post, decided: Decided) -> bool:
        after, event = decided
        events = [] if event is None else [self._bus.encode(event)]
        if not await self._posts.save(leased, before, after, events, clock.now()):
            return False
        self._telling.soon(after.id, events)
        if event is not None:
            log.info(
                f"post.{event.decision}",
                post_id=after.id,
                group_id=after.group_id,
                medium=after.medium,
                channel=after.channel,
                version=after.shown.version if after.shown else None,
                reason=event.reason,
            )
        return True

    async def _steadily_put_back(self, leased: Leased) -> None:
        while True:
            try:
                await self._posts.put_back([leased])
                return
            except Unavailable:
                await asyncio.sleep(PAUSE_S)

    def _message(self, post: Post) -> Message:
        event = post.event
        url, now = f"{self.public_url.rstrip('/')}/alert-groups/{post.group_id}", clock.now()
        # Whoever presses in a channel is told by the product.
        tickets = tickets_for(event.group, "", self.sign, now) if self.sign is not None else {}
        return Message(
            post.id,
            event.group,
            event.card,
            now,
            url,
            event.note,
            callback_url=self.public_url,
            tickets=tickets,
        )
