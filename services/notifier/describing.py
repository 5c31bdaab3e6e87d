"""From a ledger row to the call that delivers it: pages from their cards, webhooks from their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notifier.noticing import expired, notice_of
from services.notifier.reach import Reach
from shared import clock
from shared.channels import webhook as webhooks
from shared.channels.channel import Call, Channel, Message
from shared.domain.bundling import bundle_card
from shared.domain.delivery import Delivery
from shared.domain.model import Group
from shared.domain.storm_digest import list_url
from shared.domain.webhook_record import RunRecord
from shared.errors import Permanent
from shared.events import NoticeRequested, NotificationRequested, WebhookRequested, derived_id
from shared.live_configuration import LiveConfiguration
from shared.secrets import Secrets
from shared.store.deliveries import Deliveries
from shared.webhook_calls import WebhookCalls


@dataclass(frozen=True)
class Described:
    """The call, the channel that judges its answer, and the request as people are shown it."""

    call: Call
    channel: Channel[Any, Any]
    record: RunRecord | None = None


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
    """Describes pages."""

    def __init__(
        self, reach: Reach, config: LiveConfiguration, deliveries: Deliveries, secrets: Secrets
    ) -> None:
        self._reach = reach
        self._deliveries = deliveries
        self._config = config
        self._secrets = secrets
        self.public_url = ""

    async def describe(self, row: Delivery) -> Described:
        """Return the call of a page.

        Raises:
            Permanent: the person or the channel is not there any more.
            HeldBack: it tells of a resolve, and no page of the run went out to the person.
        """
        event = row.event
        assert isinstance(event, NotificationRequested)
        if event.resolved and not await self._deliveries.went_out(
            event.user_id, event.group.id, event.group.run
        ):
            raise HeldBack("no page about it went out to this person")
        way = self._reach.way(event.channel)
        config = await self._config.at_least(event.config_version)
        address = self._reach.address(event.channel, event.user_id, config)
        about = max(1, len(event.digest))
        url = group_url(self.public_url, row.group_id)
        if event.digest:
            url = list_url(self.public_url, event.group.integration_id)
        message = Message(row.id, event.group, event.card, clock.now(), url, about=about)
        return Described(way.channel.post(message, address, way.settings), way.channel)

    async def describe_bundle(self, rows: Sequence[Delivery], groups: Mapping[str, Group]) -> Described:
        """Return the call of one message about the groups of several pages to one person, `groups` as they are now.

        Raises:
            Permanent: the person or the channel is not there any more.
        """
        event = max((row.event for row in rows), key=lambda one: one.config_version)
        assert isinstance(event, NotificationRequested)
        way = self._reach.way(event.channel)
        config = await self._config.at_least(event.config_version)
        address = self._reach.address(event.channel, event.user_id, config)
        about = [groups[row.group_id] for row in rows]
        newest = max(about, key=lambda one: one.opened_at)
        url = f"{self.public_url.rstrip('/')}/alert-groups?state=firing"
        id = derived_id("bundle", *sorted(row.id for row in rows))
        card = bundle_card(about, event.channel, url)
        message = Message(id, newest, card, clock.now(), url, about=len(about))
        return Described(way.channel.post(message, address, way.settings), way.channel)

    async def describe_notice(self, row: Delivery) -> Described:
        """Return the call of a notice.

        Raises:
            Permanent: the person or the channel is not there any more, or it carries no notices, or it is too
                late for it.
        """
        event = row.event
        assert isinstance(event, NoticeRequested)
        way = self._reach.way(event.channel)
        config = await self._config.at_least(event.config_version)
        address = self._reach.address_for(event, config)
        if way.channel.notice is None:
            raise Permanent(f"{way.channel.title} carries alert groups only")
        why_not = expired(event, clock.now())
        if why_not is not None:
            raise Permanent(why_not)
        notice = notice_of(row.id, event, self._secrets, clock.now())
        return Described(way.channel.notice(notice, address, way.settings), way.channel)


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
        config = await self._config.at_least(event.config_version)
        webhook = config.webhook_by_id.get(event.webhook_id)
        if webhook is None:
            raise Permanent(f"webhook {event.webhook_id} does not exist")
        prepared = await self._calls.prepare(event, webhook, config, clock.now())
        if prepared.request is None:
            if prepared.held_back:
                raise HeldBack(prepared.held_back, prepared.record)
            raise Unfit(prepared.failure, prepared.record)
        request = prepared.request
        call = webhooks.post(request, request.url, self._settings)
        return Described(call, webhooks.CHANNEL, prepared.record)


def group_url(public_url: str, group_id: str) -> str:
    """Return the address of a group's page."""
    return f"{public_url.rstrip('/')}/alert-groups/{group_id}"
