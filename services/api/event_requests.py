"""The request that tells a subscription of events, signed by the Standard Webhooks scheme, and what is answered."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import structlog

from shared import clock
from shared.channels.answers import line
from shared.channels.channel import HttpCall, HttpReply
from shared.domain.event_posting import BATCH, SINGLE, Answer
from shared.domain.event_subscription import EventSubscription
from shared.domain.webhook_signature import HEADERS, signed_headers
from shared.errors import Permanent, Transient, Unanswered
from shared.events import derived_id
from shared.http import HttpClient
from shared.secrets import Secrets
from shared.store.journal import Envelope

log = structlog.get_logger(__name__)
TIMEOUT_S = 15.0
ANSWER_BYTES = 2_048
TRIAL = "event_subscription.tested.v1"


class EventRequests:
    """Makes requests; safe for concurrent use."""

    def __init__(self, http: HttpClient, secrets: Secrets) -> None:
        self._http = http
        self._secrets = secrets

    async def post(
        self, subscription: EventSubscription, records: Sequence[Envelope], bodies: Sequence[bytes]
    ) -> Answer:
        """Tell a subscription of events, `bodies` being their JSON; whatever goes wrong is an answer, too."""
        try:
            call = self._call(subscription, [one["id"] for one in records], bodies, clock.now())
            return _answer(await self._http.send(call))
        except (Transient, Permanent, Unanswered) as error:
            return Answer(status=None, text=error.reason)

    async def try_out(self, subscription: EventSubscription) -> Answer:
        """Send an event that says nothing, so that somebody sees whether it arrives."""
        record = _trial(subscription, clock.now())
        return await self.post(subscription, [record], [orjson.dumps(record)])

    def _call(
        self, subscription: EventSubscription, ids: Sequence[str], bodies: Sequence[bytes], now: datetime
    ) -> HttpCall:
        is_single = subscription.batch_size == 1
        body = bodies[0] if is_single else b"[" + b",".join(bodies) + b"]"
        id = ids[0] if is_single else derived_id("events", subscription.id, *ids)
        secrets = [self._secrets.decrypt(one) for one in subscription.signing_secrets_at(now)]
        unsigned = {HEADERS[0]: id, HEADERS[1]: str(int(now.timestamp()))}
        headers = {
            "Content-Type": SINGLE if is_single else BATCH,
            **unsigned,
            **signed_headers(id, now, body, secrets),
        }
        return HttpCall(
            *("POST", subscription.url, headers, body, TIMEOUT_S),
            read_limit_bytes=ANSWER_BYTES,
            redirected=False,
        )


def _answer(reply: HttpReply) -> Answer:
    said = line(reply.body.decode("utf-8", "replace"), 200)
    text = f"answered {reply.status}" + (f": {said}" if said else "")
    asked = {name: value for name, value in reply.headers.items() if name == "retry-after"}
    return Answer(status=reply.status, headers=asked, text=text)


def _trial(subscription: EventSubscription, now: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/tocsin/api",
        "type": TRIAL,
        "time": now.isoformat(),
        "subject": subscription.id,
        "data": {"event_subscription_id": subscription.id, "name": subscription.name},
    }
