"""From a ledger row to the call that delivers it: pages from their cards, webhooks from their templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from services.notifier.noticing import expired, notice_of
from services.notifier.reach import Found, Reach
from shared import clock
from shared.channels import webhook as webhooks
from shared.channels.channel import Call, Channel, Message
from shared.domain.bundling import bundle_card
from shared.domain.delivery import Delivery
from shared.domain.model import Group
from shared.domain.personal_webhooks import call_for
from shared.domain.storm_digest import list_url
from shared.domain.tickets import PURPOSE, tickets_for
from shared.domain.webhook_record import RunRecord
from shared.errors import Permanent
from shared.events import NoticeRequested, NotificationRequested, WebhookRequested, derived_id
from shared.live_configuration import LiveConfiguration
from shared.secrets import Secrets
from shared.store.deliveries import Deliveries
from shared.store.posts import Posts
from shared.webhook_calls import Prepared, WebhookCalls

# Rules that page as important whatever list they stand in.
CRITICAL = frozenset({"mobile_app_critical"})


@dataclass(frozen=True)
class Described:
    """The call, the channel that judges its answer, and the request as people are shown it.

    With `then` the call only opens the way: its answer names the target that `then` describes the message for.
    `also` is a courtesy for when the message was taken.
    """

    call: Call
    channel: Channel[Any, Any]
    record: RunRecord | None = None
    then: Callable[[str], Described] | None = None
    also: Call | None = None


class HeldBack(Exception):
    """A webhook's own rules say that it is not called now, or a person was told of nothing that could be over."""

    def __init__(self, reason: str, record: RunRecord | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.record = record


class Unfit(Permanent):
    """What the webhook's templates made is no request."""

    def __init__(self, reason: str, record: RunRecord) -> None:
        super().__init__(reason)
        self.record = record


class Pages:
    """Describes pages, with the tickets that their buttons and links act with; without a key there are none."""

    def __init__(
        self, reach: Reach, config: LiveConfiguration, deliveries: Deliveries, secrets: Secrets
    ) -> None:
        self._reach = reach
        self._deliveries = deliveries
        self._config = config
        self._secrets = secrets
        self.posts: Posts | None = None
        self.webhooks: Webhooks | None = None
        self.public_url = ""

    async def describe(self, row: Delivery) -> Described:
        """Return the call of a page.

        Raises:
            Permanent: the person, the channel or the webhook is not there any more, or makes no request.
            HeldBack: it tells of a resolve, and no page of the run went out to the person.
        """
        event = row.event
        assert isinstance(event, NotificationRequested)
        if event.resolved and not await self._deliveries.went_out(
            event.user_id, event.group.id, event.group.run
        ):
            raise HeldBack("no page about it went out to this person")
        if row.webhook_id is not None and self.webhooks is not None:
            return await self.webhooks.describe_page(row, event)
        config = await self._config.at_least(event.config_version)
        found = self._reach.find(event.channel, event.user_id, config)
        channel = found.way.channel
        is_mentioned = channel.also is not None and self.posts is not None and not event.resolved
        thread = await self.posts.handle_of(row.group_id, channel.slug) if is_mentioned and self.posts else ""
        return _described(found, self._message(row, event, thread))

    def _message(self, row: Delivery, event: NotificationRequested, thread: str) -> Message:
        about, now = max(1, len(event.digest)), clock.now()
        url = group_url(self.public_url, row.group_id)
        if event.digest:
            url = list_url(self.public_url, event.group.integration_id)
        sign = partial(self._secrets.sign, PURPOSE)
        can_sign = self._secrets.has_key and about == 1
        return Message(
            row.id,
            event.group,
            event.card,
            now,
            url,
            about=about,
            important=event.important or event.channel in CRITICAL,
            callback_url=self.public_url,
            tickets=tickets_for(event.group, event.user_id, sign, now) if can_sign else {},
            thread=thread,
        )

    async def describe_bundle(self, rows: Sequence[Delivery], groups: Mapping[str, Group]) -> Described:
        """Return the call of one message about the groups of several pages to one person, `groups` as they are now.

        Pages by several rules about the same group name it once; when they are all about one, it is its ordinary page.

        Raises:
            Permanent: the person or the channel is not there any more.
        """
        event = max((row.event for row in rows), key=lambda one: one.config_version)
        assert isinstance(event, NotificationRequested)
        config = await self._config.at_least(event.config_version)
        found = self._reach.find(event.channel, event.user_id, config)
        id = derived_id("bundle", *sorted(row.id for row in rows))
        about = list({row.group_id: groups[row.group_id] for row in rows}.values())
        if len(about) == 1:
            row = rows[-1]
            assert isinstance(row.event, NotificationRequested)
            return _described(found, replace(self._message(row, row.event, ""), id=id))
        newest = max(about, key=lambda one: one.opened_at)
        url = f"{self.public_url.rstrip('/')}/alert-groups?state=firing"
        card = bundle_card(about, event.channel, url)
        message = Message(id, newest, card, clock.now(), url, about=len(about), callback_url=self.public_url)
        return _described(found, message)

    async def describe_notice(self, row: Delivery) -> Described:
        """Return the call of a notice.

        Raises:
            Permanent: the person or the channel is not there any more, or it carries no notices, or it is too
                late for it.
        """
        event = row.event
        assert isinstance(event, NoticeRequested)
        config = await self._config.at_least(event.config_version)
        found = self._reach.find_for(event, config)
        channel = found.way.channel
        assert channel.notice is not None
        why_not = expired(event, clock.now())
        if why_not is not None:
            raise Permanent(why_not)
        notice, settings = notice_of(row.id, event, self._secrets, clock.now()), found.way.settings
        describe = channel.notice
        return _opened_first(found, lambda target: Described(describe(notice, target, settings), channel))


def _described(found: Found, message: Message) -> Described:
    channel, settings = found.way.channel, found.way.settings
    also = channel.also(message, found.address, settings) if channel.also else None

    def posted(target: str) -> Described:
        return Described(channel.post(message, target, settings), channel, also=also)

    return _opened_first(found, posted)


def _opened_first(found: Found, then: Callable[[str], Described]) -> Described:
    """Return the message itself, or what must be asked before it can be sent."""
    channel = found.way.channel
    if channel.opening is None or found.is_channel:
        return then(found.address)
    return Described(channel.opening.call(found.address, found.way.settings), channel, then=then)


class Webhooks:
    """Describes calls of outgoing webhooks."""

    def __init__(
        self, config: LiveConfiguration, calls: WebhookCalls, settings: webhooks.WebhookSettings
    ) -> None:
        self._config = config
        self._calls = calls
        self._settings = settings

    async def describe(self, row: Delivery) -> Described:
        """Return the call of a webhook, its templates rendered in the sandbox.

        Raises:
            Permanent: the webhook is not there any more.
            Unfit: a template makes no request.
            HeldBack: disabled, another integration's, or its trigger template says no.
        """
        event = row.event
        assert isinstance(event, WebhookRequested)
        prepared = await self._prepared(event)
        if prepared.held_back:
            raise HeldBack(prepared.held_back, prepared.record)
        return self._described(prepared)

    async def describe_page(self, row: Delivery, page: NotificationRequested) -> Described:
        """Return the call that tells a person of a page by the webhook for such pages.

        Raises:
            Permanent: the person or the webhook is not there any more.
            Unfit: a template makes no request, or says that it is not to be called: the person's next rule runs.
        """
        config = await self._config.at_least(page.config_version)
        user = config.user_by_id.get(page.user_id)
        if user is None:
            raise Permanent(f"user {page.user_id} does not exist")
        prepared = await self._prepared(call_for(row, page, user))
        if prepared.held_back:
            raise Unfit(prepared.held_back, prepared.record)
        return self._described(prepared)

    async def _prepared(self, event: WebhookRequested) -> Prepared:
        config = await self._config.at_least(event.config_version)
        webhook = config.webhook_by_id.get(event.webhook_id)
        if webhook is None:
            raise Permanent(f"webhook {event.webhook_id} does not exist")
        return await self._calls.prepare(event, webhook, config, clock.now())

    def _described(self, prepared: Prepared) -> Described:
        if prepared.request is None:
            raise Unfit(prepared.failure, prepared.record)
        call = webhooks.post(prepared.request, prepared.request.url, self._settings)
        return Described(call, webhooks.CHANNEL, prepared.record)


def group_url(public_url: str, group_id: str) -> str:
    """Return the address of a group's page."""
    return f"{public_url.rstrip('/')}/alert-groups/{group_id}"
