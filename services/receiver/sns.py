"""Amazon SNS at our door: certificates fetched and kept, signatures checked, subscriptions confirmed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from shared import clock
from shared.channels.channel import HttpCall
from shared.domain import sns
from shared.domain.ingest import Limits, Refused, parse
from shared.errors import Permanent, Transient
from shared.http import HttpClient

log = structlog.get_logger(__name__)
KEEP_S = 24 * 3600.0
KEEP_AT_MOST = 32
FETCH_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Opened:
    """What a verified request holds: a body for the integration, or just something to say.

    `headers` are those that count: an envelope tells by its id which message is a retry.
    """

    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


class Sns:
    """Fetches with the guarded client; `endpoint` is a stand-in for Amazon that is trusted like it."""

    def __init__(self, client: HttpClient, endpoint: str, takes_raw: bool, limits: Limits) -> None:
        self._client = client
        self.endpoint = endpoint
        self._takes_raw = takes_raw
        self._limits = limits
        self._certificates: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = asyncio.Lock()

    async def open(self, body: bytes, headers: Mapping[str, str]) -> Opened:
        """Return what a request to an integration's URL holds, once Amazon's signature on it was verified.

        Raises:
            Refused: 403, it is not signed as Amazon signs; 400, its message passes a limit.
            Transient: the certificate or the confirmation cannot be fetched now.
        """
        if headers.get(sns.RAW_HEADER, "").lower() == "true":
            return Opened(self._raw(body), headers)
        envelope = sns.envelope_of(body)
        pem = await self.certificate(sns.certificate_url(envelope, self.endpoint))
        sns.verify(envelope, pem, clock.now())
        if envelope.kind == "SubscriptionConfirmation":
            await self.confirm(sns.subscribe_url(envelope, self.endpoint))
            return Opened(note="The subscription is confirmed.")
        if envelope.kind == "UnsubscribeConfirmation":
            # Confirming again would undo what somebody did on purpose.
            log.warning("sns.unsubscribed", topic=envelope.text("TopicArn"))
            return Opened(note="The subscription has ended.")
        self._read(envelope.text("Message").encode())
        return Opened(dict(envelope.fields), {"Idempotency-Key": envelope.text("MessageId")})

    async def certificate(self, url: str) -> bytes:
        """Return the certificate at an address of Amazon's, kept for a day.

        Raises:
            Refused: 403, there is none.
            Transient: it cannot be fetched now.
        """
        if self._kept(url) is None:
            async with self._lock:
                if self._kept(url) is None:
                    self._certificates[url] = (clock.monotonic_s(), await self._get(url))
                    if len(self._certificates) > KEEP_AT_MOST:
                        self._certificates.popitem(last=False)
        return self._certificates[url][1]

    def _kept(self, url: str) -> bytes | None:
        since_s, pem = self._certificates.get(url, (float("-inf"), b""))
        return pem if clock.monotonic_s() - since_s < KEEP_S else None

    async def confirm(self, url: str) -> None:
        """Tell Amazon that messages are welcome.

        Raises:
            Transient: it did not hear; it asks again.
        """
        await self._get(url)
        log.info("sns.confirmed")

    async def _get(self, url: str) -> bytes:
        is_stand_in = bool(self.endpoint) and url.startswith(self.endpoint.rstrip("/") + "/")
        try:
            reply = await self._client.send(
                HttpCall("GET", url, timeout_s=FETCH_TIMEOUT_S, trusted=is_stand_in)
            )
        except Permanent as error:
            raise Transient(f"Amazon SNS cannot be reached: {error.reason}") from error
        if 400 <= reply.status < 500:
            raise Refused(
                403, "unproven", f"Not accepted: Amazon SNS answers {reply.status} to the URL in it."
            )
        if reply.status != 200:
            raise Transient(f"Amazon SNS answered {reply.status}")
        return reply.body

    def _raw(self, body: bytes) -> Any:
        if not self._takes_raw:
            raise Refused(
                403,
                "unproven",
                "Not accepted: raw message delivery carries no signature; turn it off for this subscription.",
            )
        return self._read(body)

    def _read(self, message: bytes) -> Any:
        """Return a message as JSON or, where it is none, as text.

        Raises:
            Refused: it passes a limit.
        """
        try:
            return parse(message, "application/json", self._limits)
        except Refused as refusal:
            if refusal.word in ("depth", "keys"):
                raise
            return message.decode("utf-8", "replace")
