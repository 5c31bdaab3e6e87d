"""The webhooks of mail providers: which provider it is, whether it is really it, and whom its mails are for."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import orjson
import structlog
from aiohttp import web

from services.receiver.body import read
from services.receiver.mail_settings import MailSettings
from services.receiver.mails import Mails
from services.receiver.measures import Measures
from services.receiver.recipients import Known, Recipients
from services.receiver.sns import Sns
from services.receiver.unread import leave_rest
from shared import clock
from shared.domain.ingest import Refused
from shared.errors import Transient
from shared.mail_providers.form import form_of
from shared.mail_providers.provider import (
    Confirm,
    Content,
    Ignored,
    Post,
    Proof,
    Provider,
    Received,
    unreadable,
)
from shared.mail_providers.registry import PROVIDERS

log = structlog.get_logger(__name__)
ANY = "/integrations/v1/inbound_email_webhook{slash:/?}"
ONE = "/integrations/v1/inbound_email_webhook/{provider}{slash:/?}"
RETRY_AFTER_S = 5


class Replays:
    """Remembers with which body a token came; with another body it is somebody else's copy of it."""

    def __init__(self, at_most: int = 20_000) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._at_most = at_most

    def check(self, token: str, body: bytes) -> None:
        """Let a token pass for the first time, or with the body it had.

        Raises:
            Refused: 406, it came with another one. (So Mailgun does not try again.)
        """
        digest = hashlib.sha256(body).digest()
        if self._bodies.setdefault(token, digest) != digest:
            raise Refused(406, "replayed", "Not accepted: its signature came with another mail already.")
        if len(self._bodies) > self._at_most:
            self._bodies.popitem(last=False)


@dataclass(frozen=True)
class Parts:
    """What the webhooks work with."""

    settings: MailSettings
    recipients: Recipients
    mails: Mails
    measures: Measures
    sns: Sns
    thread: Executor


class MailRoutes:
    """Answers mail providers. 200: safe (or nothing to do); 401 and 403: mend the settings; `later`: try again."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._replays = Replays()

    def add_to(self, app: web.Application) -> None:
        """Serve the webhooks on `app`; their final slash may be missing."""
        for path in (ANY, ONE):
            resource = app.router.add_resource(path)
            resource.add_route("HEAD", self._head)
            resource.add_route("POST", self._post)
            resource.add_route("*", self._no_method)

    async def _head(self, request: web.Request) -> web.StreamResponse:
        """Say that somebody is here: Mandrill asks before it accepts the address."""
        return web.Response()

    async def _no_method(self, request: web.Request) -> web.StreamResponse:
        answer = _json({"detail": f'Method "{request.method}" not allowed.'}, 405)
        answer.headers["Allow"] = "HEAD, POST"
        return answer

    async def _post(self, request: web.Request) -> web.StreamResponse:
        later = 503
        try:
            providers = self._providers(request)
            later = providers[0].later
            answer = await self._accept(request, providers)
        except Refused as refusal:
            answer = self._refuse(refusal, request, later)
        except Transient as error:
            log.warning("mail.turned_away", reason=error.reason)
            answer = self._refuse(Refused(503, "no_room", "Not accepted, try again later."), request, later)
        await leave_rest(request, answer)
        return answer

    def _providers(self, request: web.Request) -> list[Provider]:
        enabled = self._settings.mail_providers
        asked = request.match_info.get("provider")
        if asked is not None and asked not in enabled:
            raise Refused(404, "no_provider", f'TOCSIN_INBOUND_EMAIL_ESP does not name "{asked[:40]}".')
        if not enabled:
            raise Refused(404, "no_provider", "TOCSIN_INBOUND_EMAIL_ESP names no mail provider.")
        return [PROVIDERS[one] for one in ([asked] if asked else enabled)]

    async def _accept(self, request: web.Request, providers: Sequence[Provider]) -> web.Response:
        body = await read(request, self._settings.inbound_email_max_bytes)
        post = Post(
            url=self._settings.ingest_url.rstrip("/") + request.raw_path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            form=form_of(body, request.headers.get("Content-Type", "")),
            stand_in=self._parts.sns.endpoint,
        )
        content = await self._content(post, providers)
        if isinstance(content, Confirm):
            await self._parts.sns.confirm(content.url)
            return _json({"detail": "The subscription is confirmed.", "ids": []}, 200)
        if isinstance(content, Ignored):
            self._parts.measures.ignored.inc()
            return _json({"detail": content.reason, "ids": []}, 200)
        return await self._take(content, hashlib.sha256(body).hexdigest())

    async def _content(self, post: Post, providers: Sequence[Provider]) -> Content:
        """Return what the first provider that knows the request as its own finds in it.

        Raises:
            Refused: none does; of several reasons each is told.
        """
        refusals: list[tuple[Provider, Refused]] = []
        for provider in providers:
            try:
                return await self._read(post, provider)
            except Refused as refusal:
                refusals.append((provider, refusal))
        if len(refusals) == 1:
            raise refusals[0][1]
        first = max((one for _, one in refusals), key=lambda one: one.status)
        reasons = " ".join(f"{provider.title}: {one.reason}" for provider, one in refusals)
        raise Refused(first.status, first.word, reasons)

    async def _read(self, post: Post, provider: Provider) -> Content:
        certificate = provider.certificate(post)
        pem = b"" if certificate is None else await self._parts.sns.certificate(certificate)
        token = provider.verify(post, Proof(self._settings.secret_of(provider.slug), pem), clock.now())
        if token is not None:
            self._replays.check(token, post.body)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._parts.thread, provider.read, post)

    async def _take(self, content: Sequence[Received], digest: str) -> web.Response:
        """Make the mails alerts, one commit for each mail: a retry makes those again that were not safe.

        Raises:
            Refused: nobody here is meant by any of them.
        """
        ids: list[str] = []
        ignored: list[str] = []
        for number, one in enumerate(content):
            if one.mail.unwanted:
                ignored.append(f"Not taken as an alert: {one.mail.unwanted}.")
                continue
            known = await self._known(one, is_alone=len(content) == 1)
            if known:
                key = f"{digest} {number}"
                ids += (await self._parts.mails.accept(one.mail, known, one.sender, key)).ids
        if ignored:
            self._parts.measures.refused.labels("unwanted_mail").inc(len(ignored))
        return _json({"ids": ids, "detail": " ".join(ignored) or None}, 200)

    async def _known(self, received: Received, is_alone: bool) -> list[Known]:
        """Return the recipients that are known. In a batch a mail for nobody is passed over: the others must go on."""
        recipients = self._parts.recipients
        ours = [one for one in received.recipients if recipients.is_ours(one)]
        if not ours and is_alone:
            raise unreadable("the envelope has no recipient of a domain that is served here")
        known: list[Known] = []
        refusal: Refused | None = None
        for address in ours:
            try:
                known.append(await recipients.known(address))
            except Refused as error:
                refusal = error
                if error.status == 503:
                    raise
        if refusal is not None and not known and is_alone:
            raise refusal
        return known

    def _refuse(self, refusal: Refused, request: web.Request, later: int) -> web.Response:
        self._parts.measures.refused.labels(refusal.word).inc()
        log.info("mail.refused", why=refusal.word, status=refusal.status, remote=request.remote)
        status = later if refusal.status == 503 else refusal.status
        answer = _json({"detail": refusal.reason}, status)
        answer.headers.update(refusal.headers)
        if status in (429, 503):
            answer.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
        if status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="inbound e-mail"'
        return answer


def _json(value: object, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
