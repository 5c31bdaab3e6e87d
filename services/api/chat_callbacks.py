"""Buttons pressed in chat: verified, mapped to a user, handed to the broker, answered at its confirm.

The outcome follows as an edit of the message; what went wrong is told to the presser alone.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import structlog
from aiohttp import web

from services.api.actions import OUTCOME_TIMEOUT_S, Outcome
from services.api.answers import read_body
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.refusals import Refused
from shared import clock
from shared.channels.channel import Channel, HttpCall, Press
from shared.channels.registry import CHANNELS
from shared.domain.configuration import User
from shared.domain.model import Actor
from shared.errors import Permanent, Transient, Unavailable
from shared.events import ActionRefused, ActionRequested
from shared.http import HttpClient

log = structlog.get_logger(__name__)
NOTE_TIMEOUT_S = 5.0


class ChatCallbacks:
    """Takes the callbacks of chat products; `close` waits for notes that are still being told."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._telling: set[asyncio.Task[None]] = set()

    async def slack(self, request: web.Request) -> web.Response:
        """POST of Slack's interactivity: 200 empty once the broker has the action, 403 if Slack did not sign it."""
        return await self._take(request, CHANNELS["slack"])

    async def close(self) -> None:
        """Wait for what is still being told."""
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _take(self, request: web.Request, channel: Channel[Any, Any]) -> web.Response:
        api = request.app[API]
        body = await read_body(request, api.settings.max_body_bytes)
        chat = channel.chat
        assert chat is not None
        assert chat.is_authentic is not None
        assert chat.press is not None
        settings = channel.settings_from(api.settings)
        if not chat.is_authentic(body, request.headers, settings, clock.now()):
            raise Refused.because(403, "The signature does not fit, or is older than five minutes.")
        try:
            presses = chat.press(body)
        except Permanent as error:
            raise Refused.because(400, error.reason) from error
        for press in presses:
            await self._act(api, channel.slug, press)
        return web.Response()

    async def _act(self, api: Api, slug: str, press: Press) -> None:
        user = _user_of(api, slug, press)
        if user is None:
            self._tell(press, "Your account is not linked to a user of Tocsin, so nothing was changed.")
            return
        if not Principal(user.username, "full", user).may("editor", writing=True):
            self._tell(press, "Your role may only read, so nothing was changed.")
            return
        try:
            outcome = await api.actions.ask(_requested(slug, press, user))
        except Unavailable:
            self._tell(press, "The action was not accepted. Please try again.")
            raise
        self._spawn(self._tell_refusal(press, outcome))

    async def _tell_refusal(self, press: Press, outcome: asyncio.Future[Outcome]) -> None:
        try:
            done = await asyncio.wait_for(outcome, OUTCOME_TIMEOUT_S)
        except TimeoutError:
            return
        if isinstance(done, ActionRefused):
            await self._note(press, f"Not done: {done.reason}")

    def _tell(self, press: Press, text: str) -> None:
        self._spawn(self._note(press, text))

    def _spawn(self, coroutine: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(coroutine)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _note(self, press: Press, text: str) -> None:
        if not press.answer_url:
            return
        body = orjson.dumps({"response_type": "ephemeral", "replace_original": False, "text": text})
        headers = {"Content-Type": "application/json"}
        # The address is inside a body that the chat product signed, so it is as trusted as the product.
        call = HttpCall("POST", press.answer_url, headers, body, NOTE_TIMEOUT_S, trusted=True)
        try:
            await self._client.send(call)
        except (Transient, Permanent) as error:
            log.warning("note.not_told", reason=error.reason)


def _user_of(api: Api, slug: str, press: Press) -> User | None:
    for one in api.live.current.users:
        point = one.contact(slug)
        if point is not None and point.address == press.user_id:
            return one
    return None


def _requested(slug: str, press: Press, user: User) -> ActionRequested:
    return ActionRequested(
        id=press.id,
        time=clock.now(),
        subject=press.group_id,
        group_id=press.group_id,
        action=press.action,
        actor=Actor(kind="user", id=user.id, name=user.username),
        source=slug,
        delay_s=press.delay_s,
    )
