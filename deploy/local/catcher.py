"""Catches what would have gone out: mails, Slack posts and webhooks, and shows them on a page.

`make run` starts it where no mail server or chat workspace is configured. Nothing is kept on disk.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import signal
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.caught_slack import CaughtSlack

_KEPT = 500
_STYLE = """body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2733}
h2{margin-top:2rem}article{border:1px solid #d5dce3;border-radius:6px;padding:.6rem 1rem;margin:.6rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}small{color:#5b6875}form{display:inline}
@media (prefers-color-scheme:dark){body{background:#12181f;color:#dbe3ea}article{border-color:#33404d}}"""


@dataclass(frozen=True)
class Mail:
    """One mail as the receiving server saw it."""

    sender: str
    recipients: list[str]
    subject: str
    text: str
    headers: dict[str, str]
    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Hook:
    """One webhook request."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    at: float = field(default_factory=time.time)


class Mailbox:
    """The newest mails; aiosmtpd calls `handle_DATA` for each."""

    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=_KEPT)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail."""
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        part = message.get_body(("plain", "html"))
        text = str(part.get_content()) if part is not None else ""
        headers = {name: str(value) for name, value in message.items()}
        self.mails.append(
            Mail(
                envelope.mail_from or "",
                list(envelope.rcpt_tos),
                str(message["Subject"] or ""),
                text,
                headers,
            )
        )
        return "250 caught"


class Catcher:
    """The HTTP side: `/slack/api/<method>`, `/webhook/<anything>`, `/` for people, `/caught.json` for tests."""

    def __init__(self, mailbox: Mailbox, slack: CaughtSlack) -> None:
        self.mailbox = mailbox
        self.slack = slack
        self.hooks: deque[Hook] = deque(maxlen=_KEPT)

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=8 * 1024 * 1024)
        # Slack takes what only reads by GET too.
        app.router.add_get("/slack/api/{method}", self._slack)
        app.router.add_post("/slack/api/{method}", self._slack)
        app.router.add_route("*", "/webhook/{rest:.*}", self._webhook)
        app.router.add_post("/press", self._press)
        app.router.add_get("/caught.json", self._json)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/", self._page)
        return app

    async def _slack(self, request: web.Request) -> web.Response:
        is_json = request.content_type == "application/json"
        call = await request.json() if is_json else {**request.query, **await request.post()}
        return web.json_response(self.slack.answer(request.match_info["method"], call))

    async def _webhook(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.hooks.append(Hook(request.method, request.path_qs, dict(request.headers), body))
        return web.json_response({"ok": True})

    async def _press(self, request: web.Request) -> web.Response:
        form = await request.post()
        key = (str(form.get("channel")), str(form.get("ts")))
        if key not in self.slack.messages:
            raise web.HTTPNotFound(text="This message is gone.")
        status = await self.slack.press(key, int(str(form.get("number", "0"))))
        if status >= 400:
            raise web.HTTPBadGateway(text=f"Tocsin answered {status} to the button.")
        raise web.HTTPSeeOther("/")

    async def _json(self, request: web.Request) -> web.Response:
        caught = {
            "mails": [asdict(mail) for mail in self.mailbox.mails],
            "slack": list(self.slack.messages.values()),
            "webhooks": [asdict(hook) for hook in self.hooks],
        }
        return web.json_response(caught)

    async def _ready(self, request: web.Request) -> web.Response:
        return web.Response(text="ready\n")

    async def _page(self, request: web.Request) -> web.Response:
        mails = "".join(map(_mail_html, reversed(self.mailbox.mails)))
        posts = "".join(self._post_html(key) for key in reversed(list(self.slack.messages)))
        hooks = "".join(map(_hook_html, reversed(self.hooks)))
        none = "<p><small>None yet.</small></p>"
        page = (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Caught by Tocsin</title>"
            f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
            f"<h1>Caught, not sent</h1><p>No mail server or chat workspace is configured, so these stayed here."
            f"<h2>Chat posts</h2>{posts or none}<h2>Mails</h2>{mails or none}<h2>Webhooks</h2>{hooks or none}"
        )
        return web.Response(text=page, content_type="text/html")

    def _post_html(self, key: tuple[str, str]) -> str:
        channel, ts = map(html.escape, key)
        buttons = "".join(
            f"<form method=post action=/press><input type=hidden name=channel value='{channel}'>"
            f"<input type=hidden name=ts value='{ts}'><input type=hidden name=number value={number}>"
            f"<button>{html.escape(button.label)}</button></form> "
            for number, button in enumerate(self.slack.buttons(key))
        )
        message = self.slack.messages[key]
        rich = {name: message[name] for name in ("blocks", "attachments") if message.get(name)}
        return _article(f"{key[0]} · {key[1]}", str(message.get("text", "")), buttons, rich)


def _mail_html(mail: Mail) -> str:
    title = f"{mail.subject} → {', '.join(mail.recipients)}"
    return _article(title, mail.text, "", mail.headers)


def _hook_html(hook: Hook) -> str:
    return _article(f"{hook.method} {hook.path}", hook.body, "", hook.headers)


def _article(title: str, text: str, extra: str, details: object) -> str:
    more = html.escape(json.dumps(details, indent=1, ensure_ascii=False))
    return (
        f"<article><strong>{html.escape(title)}</strong><pre>{html.escape(text)}</pre>{extra}"
        f"<details><summary><small>all of it</small></summary><pre>{more}</pre></details></article>"
    )


async def serve(smtp_port: int, http_port: int, callback_url: str, signing_secret: str) -> None:
    """Catch until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    mailbox = Mailbox()
    smtp = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", smtp_port
    )
    runner = web.AppRunner(Catcher(mailbox, CaughtSlack(callback_url, signing_secret)).application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", http_port).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    smtp.close()
    await runner.cleanup()


def main() -> None:
    """Command line of the catcher's own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--callback-url", required=True, help="where a pressed Slack button is sent")
    parser.add_argument("--signing-secret", required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.smtp_port, given.http_port, given.callback_url, given.signing_secret))


if __name__ == "__main__":
    main()
