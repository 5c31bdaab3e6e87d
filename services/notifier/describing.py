"""From a ledger row to the call that delivers it: pages from their cards, webhooks from their templates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from services.notifier.reach import Reach
from shared import clock
from shared.channels import webhook as webhooks
from shared.channels.channel import Call, Channel, Message, Notice
from shared.domain.configuration import ConfigSnapshot, Webhook
from shared.domain.delivery import Delivery
from shared.domain.storm_digest import list_url
from shared.domain.webhook_event import Facts, WebhookJob, WebhookTexts, event_of, job_of
from shared.errors import Permanent
from shared.events import NoticeRequested, NotificationRequested, WebhookRequested
from shared.live_configuration import LiveConfiguration
from shared.secrets import Secrets
from shared.store.alerts import Alerts
from shared.store.deliveries import Deliveries

RenderWebhook = Callable[[WebhookJob], Awaitable[WebhookTexts]]


@dataclass(frozen=True)
class Described:
    """The call, the channel that judges its answer, and the URL as people are shown it."""

    call: Call
    channel: Channel[Any, Any]
    url: str | None = None


class HeldBack(Exception):
    """The webhook's own rules say that it is not called now."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Pages:
    """Describes pages."""

    def __init__(self, reach: Reach, config: LiveConfiguration, public_url: str) -> None:
        self._reach = reach
        self._config = config
        self._public_url = public_url

    async def describe(self, row: Delivery) -> Described:
        """Return the call of a page.

        Raises:
            Permanent: the person or the channel is not there any more.
        """
        event = row.event
        assert isinstance(event, NotificationRequested)
        way = self._reach.way(event.channel)
        config = await self._config.at_least(event.config_version)
        address = self._reach.address(event.channel, event.user_id, config)
        about = max(1, len(event.digest))
        url = group_url(self._public_url, row.group_id)
        if event.digest:
            url = list_url(self._public_url, event.group.integration_id)
        message = Message(row.id, event.group, event.card, clock.now(), url, about=about)
        return Described(way.channel.post(message, address, way.settings), way.channel)

    async def describe_notice(self, row: Delivery) -> Described:
        """Return the call of a notice.

        Raises:
            Permanent: the person or the channel is not there any more, or it carries no notices.
        """
        event = row.event
        assert isinstance(event, NoticeRequested)
        way = self._reach.way(event.channel)
        config = await self._config.at_least(event.config_version)
        address = self._reach.address_for(event, config)
        if way.channel.notice is None:
            raise Permanent(f"{way.channel.title} carries alert groups only")
        notice = Notice(row.id, event.title, event.text, clock.now())
        return Described(way.channel.notice(notice, address, way.settings), way.channel)


class Webhooks:
    """Describes calls of outgoing webhooks."""

    def __init__(
        self,
        config: LiveConfiguration,
        secrets: Secrets,
        render: RenderWebhook,
        alerts: Alerts,
        deliveries: Deliveries,
    ) -> None:
        self._config = config
        self._secrets = secrets
        self._render = render
        self._alerts = alerts
        self._deliveries = deliveries
        self.settings = webhooks.WebhookSettings()
        self.public_url = ""

    async def describe(self, row: Delivery) -> Described:
        """Return the call of a webhook, its templates rendered in the sandbox.

        Raises:
            Permanent: the webhook is not there any more, or a template makes no request.
            HeldBack: disabled, another integration's, or its trigger template says no.
        """
        event = row.event
        assert isinstance(event, WebhookRequested)
        config = await self._config.at_least(event.config_version)
        webhook = config.webhook_by_id.get(event.webhook_id)
        if webhook is None:
            raise Permanent(f"webhook {event.webhook_id} does not exist")
        _check_wanted(webhook, event)
        facts = await self._facts(event, webhook, config)
        texts = await self._render(job_of(facts))
        if texts.held_back is not None:
            raise HeldBack(texts.held_back)
        if texts.failure is not None:
            raise Permanent(texts.failure)
        pieces = webhooks.Pieces(texts.url, texts.headers, texts.data)
        request = webhooks.request(
            row.id, webhook.http_method, pieces, event_of(facts), self._credentials(webhook)
        )
        call = webhooks.post(request, request.url, self.settings)
        return Described(call, webhooks.CHANNEL, request.url)

    async def _facts(self, event: WebhookRequested, webhook: Webhook, config: ConfigSnapshot) -> Facts:
        group = event.group
        alerts = await self._alerts.get_many([group.first_alert_id, group.last_alert_id])
        paged = await self._deliveries.paged(group.id)
        return Facts(
            group=group,
            trigger=event.trigger,
            at=event.time,
            webhook=webhook,
            integration=config.integration_by_id.get(group.integration_id),
            first_alert=alerts.get(group.first_alert_id),
            last_alert=alerts.get(group.last_alert_id),
            notified=[config.user_by_id[one] for one in paged if one in config.user_by_id],
            users=config.user_by_id,
            responses=await self._deliveries.responses(group.id),
            url=group_url(self.public_url, group.id),
        )

    def _credentials(self, webhook: Webhook) -> webhooks.Credentials:
        def opened(ciphertext: str | None) -> str:
            return self._secrets.decrypt(ciphertext) if ciphertext else ""

        return webhooks.Credentials(
            webhook.username or "", opened(webhook.password), opened(webhook.authorization_header)
        )


def _check_wanted(webhook: Webhook, event: WebhookRequested) -> None:
    if not webhook.is_webhook_enabled:
        raise HeldBack("the webhook is disabled")
    if webhook.integration_filter and event.group.integration_id not in webhook.integration_filter:
        raise HeldBack("the webhook is for other integrations")


def group_url(public_url: str, group_id: str) -> str:
    """Return the address of a group's page."""
    return f"{public_url.rstrip('/')}/alert-groups/{group_id}"
