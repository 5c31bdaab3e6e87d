"""One evaluation of an outgoing webhook: the facts from the stores, the templates in the sandbox, the request.

The notifier sends what this makes; the api shows it without sending.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from yarl import URL

from shared.channels import webhook as webhooks
from shared.domain.configuration import ConfigSnapshot, Webhook
from shared.domain.webhook_event import Facts, WebhookJob, WebhookTexts, event_of, job_of, why_not_called
from shared.domain.webhook_people import to_be_notified
from shared.domain.webhook_record import RunRecord, masked_data, masked_event, masked_headers, masked_url
from shared.errors import Permanent
from shared.events import WebhookRequested
from shared.secrets import Secrets
from shared.store.alerts import Alerts
from shared.store.deliveries import Deliveries

Render = Callable[[WebhookJob], Awaitable[WebhookTexts]]


@dataclass(frozen=True)
class Prepared:
    """What an evaluation came to: a request; or `held_back` or `failure` says why there is none."""

    record: RunRecord
    request: webhooks.Request | None = None
    held_back: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Sources:
    """Where the facts of an event are read."""

    alerts: Alerts
    deliveries: Deliveries


class WebhookCalls:
    """Evaluates webhooks."""

    def __init__(self, sources: Sources, secrets: Secrets, render: Render, public_url: str) -> None:
        self._sources = sources
        self._secrets = secrets
        self._render = render
        self._public_url = public_url.rstrip("/")

    async def prepare(
        self, event: WebhookRequested, webhook: Webhook, config: ConfigSnapshot, now: datetime
    ) -> Prepared:
        """Evaluate a webhook for the event; the request's id is the event's, the same for every try.

        Raises:
            Transient: a store or the sandbox is away.
        """
        held_back = why_not_called(webhook, event)
        if held_back is not None:
            return Prepared(RunRecord(), held_back=held_back)
        facts = await self._facts(event, webhook, config, now)
        told = event_of(facts)
        texts = await self._render(job_of(facts))
        record = RunRecord(
            method=webhook.http_method,
            trigger=texts.trigger,
            event=masked_event(told),
            url=masked_url(texts.url),
        )
        if texts.held_back is not None:
            return Prepared(record, held_back=texts.held_back)
        if texts.failure is not None:
            return Prepared(record, failure=texts.failure)
        try:
            credentials = self._credentials(webhook, now)
            pieces = webhooks.Pieces(texts.url, texts.headers, texts.data)
            request = webhooks.request(event.id, webhook.http_method, pieces, told, credentials)
            self._check_other(request.url)
        except Permanent as error:
            return Prepared(record, failure=error.reason)
        shown = {
            "url": masked_url(request.url),
            "headers": masked_headers(request.headers, credentials.all),
            "data": masked_data(request.body, credentials.all),
        }
        return Prepared(record.model_copy(update=shown), webhooks.signed(request, credentials, now))

    async def _facts(
        self, event: WebhookRequested, webhook: Webhook, config: ConfigSnapshot, now: datetime
    ) -> Facts:
        group = event.group
        alerts = await self._sources.alerts.get_many([group.first_alert_id, group.last_alert_id])
        paged = await self._sources.deliveries.paged(group.id)
        return Facts(
            group=group,
            trigger=event.trigger,
            at=event.time,
            webhook=webhook,
            actor=event.actor,
            details=event.details,
            integration=config.integration_by_id.get(group.integration_id),
            first_alert=alerts.get(group.first_alert_id),
            last_alert=alerts.get(group.last_alert_id),
            notified=[config.user_by_id[one] for one in paged if one in config.user_by_id],
            to_be_notified=to_be_notified(config, group, now),
            users=config.user_by_id,
            responses=await self._sources.deliveries.responses(group.id),
            url=f"{self._public_url}/alert-groups/{group.id}",
        )

    def _credentials(self, webhook: Webhook, now: datetime) -> webhooks.Credentials:
        def opened(ciphertext: str | None) -> str:
            return self._secrets.decrypt(ciphertext) if ciphertext else ""

        signing = [opened(one) for one in webhook.signing_secrets_at(now)]
        return webhooks.Credentials(
            webhook.username or "",
            opened(webhook.password),
            opened(webhook.authorization_header),
            tuple(signing),
        )

    def _check_other(self, url: str) -> None:
        """Refuse Tocsin itself: a webhook that feeds its own integration never ends."""
        if self._public_url and URL(url).origin() == URL(self._public_url).origin():
            raise Permanent("the url is Tocsin's own address")
