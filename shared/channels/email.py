"""E-mail: a text and an HTML part, one thread per alert group."""

from __future__ import annotations

import html
import re
from binascii import b2a_qp
from collections.abc import Sequence
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from html.parser import HTMLParser

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.channels import push_text
from shared.channels.channel import (
    Call,
    Channel,
    Message,
    Notice,
    Outcome,
    Reply,
    SmtpCall,
    SmtpReply,
    SmtpServer,
)
from shared.domain.delivery import Refused, Retry, Sent

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@[^\s@<>\"(),:;\[\]\\]+")
_SUBJECT_LIMIT = 200
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote"}
)


class EmailSettings(BaseModel):
    """The server that takes our mail, and the sender that it shows."""

    model_config = ConfigDict(populate_by_name=True)

    host: str = Field(default="", description="SMTP server")
    port: int = 25
    username: str = Field(default="", description="empty: no login")
    password: SecretStr = SecretStr("")
    tls: str = Field(default="none", description="none, starttls or tls")
    sender: str = Field(
        default="", alias="from", description="From header; its domain also makes the Message-IDs"
    )
    timeout_s: float = 30.0


def unready(settings: EmailSettings) -> str | None:
    """Return what is missing before mail can be sent."""
    if not settings.host:
        return "e-mail is not set up: TOCSIN_SMTP_HOST is empty"
    sender = _sender(settings.sender)[1]
    if not _ADDRESS.fullmatch(sender) or not sender.isascii():
        return "e-mail is not set up: TOCSIN_SMTP_FROM holds no address"
    return None


def address(text: str) -> str | None:
    """Return a mail address as it goes into an envelope, None when mail cannot go there."""
    found = text.strip()
    if not _ADDRESS.fullmatch(found) or _CONTROLS.search(found):
        return None
    local, _, domain = found.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None


def post(message: Message, target: str, settings: EmailSettings) -> Call:
    """Describe the mail; repeated for the same message it has the same Message-ID."""
    sender = _sender(settings.sender)[1]
    mail = compose(message, target, settings.sender)
    return SmtpCall(_server(settings), sender, target, mail, settings.timeout_s)


def _server(settings: EmailSettings) -> SmtpServer:
    password = settings.password.get_secret_value()
    return SmtpServer(settings.host, settings.port, settings.tls, settings.username, password)


def notice(notice: Notice, target: str, settings: EmailSettings) -> Call:
    """Describe a mail of plain words; repeated for the same notice it has the same Message-ID."""
    shown, address = _sender(settings.sender)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = _line(_clean(notice.title))[:_SUBJECT_LIMIT] or "Notice"
    mail["From"] = shown
    mail["To"] = target
    mail["Date"] = format_datetime(notice.sent_at)
    mail["Message-ID"] = f"<{_token(notice.id)}@{address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_clean(notice.text or notice.title) + "\n", cte="quoted-printable")
    return SmtpCall(_server(settings), address, target, mail.as_bytes(), settings.timeout_s)


def read(reply: Reply) -> Outcome:
    """Judge the server's answer: 2xx took it, 4xx later, 5xx never."""
    if not isinstance(reply, SmtpReply):
        return Refused("an answer that is not SMTP")
    said = f"the mail server said {reply.code} {_line(reply.text)[:300]}"
    if 200 <= reply.code < 300:
        return Sent(handle=_line(reply.text)[:200])
    return Retry(said) if reply.code < 500 else Refused(said)


def compose(message: Message, recipient: str, sender: str) -> bytes:
    """Return the mail, ASCII only. No text of an alert reaches a header with its line breaks.

    Written by hand because the standard library's composer takes milliseconds per mail.
    """
    group = message.group
    shown, from_address = _sender(sender)
    domain = from_address.rpartition("@")[2]
    thread = group.id if message.about == 1 else f"storm-{group.integration_id}"
    root = f"<{_token(thread)}@{domain}>"
    # Neither part can hold "=_": in quoted-printable an equals sign is followed by digits or a line's end.
    boundary = f"=_{_token(message.id)}"
    headers = (
        ("Subject", _encoded("Subject", subject(message))),
        ("From", shown),
        ("To", recipient),
        ("Date", format_datetime(message.sent_at)),
        ("Message-ID", f"<{_token(message.id)}@{domain}>"),
        ("In-Reply-To", root),
        ("References", root),
        ("List-ID", f"<{_token(group.integration_id)}.{domain}>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-Tocsin-Group", _token(group.id)),
        ("X-Tocsin-Run", str(group.run)),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("ascii")
    facts, links = _facts(message), _links(message)
    plain, markup = _text(message, facts, links), _html(message, facts, links)
    parts = _part("plain", plain, boundary) + _part("html", markup, boundary)
    return head + b"\r\n" + parts + f"--{boundary}--\r\n".encode()


@lru_cache(maxsize=8)
def _sender(text: str) -> tuple[str, str]:
    """Return the From header and the bare address of a sender as it is configured."""
    name, address = parseaddr(text)
    return formataddr((_line(name), address)), address


def _encoded(name: str, text: str) -> str:
    """Return a header's text as it travels; "=?" in plain text would be read as an encoded word."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def _part(kind: str, text: str, boundary: str) -> bytes:
    lines = _clean(text).replace("\r\n", "\n").replace("\r", "\n")
    body = b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")
    head = f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    return head.encode() + b"\r\n\r\n" + body + b"\r\n"


def subject(message: Message) -> str:
    """Return one line that is the same for every mail of a group, so that mail programs keep them together."""
    is_numbered = message.group.number is not None and message.about == 1
    number = f" (#{message.group.number})" if is_numbered else ""
    return _line(_clean(message.card.title))[: _SUBJECT_LIMIT - len(number)].strip() + number or "Alert"


def _facts(message: Message) -> list[str]:
    group = message.group
    if message.about > 1:
        return [f"{message.about} alert groups"]
    count = "1 alert" if group.alerts_count == 1 else f"{group.alerts_count} alerts"
    return [f"State: {group.state.value}", count, f"Since: {group.opened_at:%Y-%m-%d %H:%M:%S} UTC"]


def _links(message: Message) -> list[tuple[str, str]]:
    links = [
        ("Alert group" if message.about == 1 else "Alert groups", message.url),
        ("Source", message.card.source_link or ""),
        ("Image", message.card.image_url or ""),
        ("Acknowledge", push_text.act_url(message, "acknowledge")),
        ("Resolve", push_text.act_url(message, "resolve")),
        ("Silence for 30 minutes", push_text.act_url(message, "silence")),
    ]
    return [(name, url) for name, url in links if url.startswith(("https://", "http://"))]


def _text(message: Message, facts: Sequence[str], links: Sequence[tuple[str, str]]) -> str:
    parts = [
        message.card.title,
        plain_text(message.card.message),
        "\n".join(facts),
        "\n".join(f"{name}: {_line(url)}" for name, url in links),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(message: Message, facts: Sequence[str], links: Sequence[tuple[str, str]]) -> str:
    anchors = " &middot; ".join(f'<a href="{html.escape(url)}">{name}</a>' for name, url in links)
    return (
        f"<!doctype html><html><body><h3>{html.escape(message.card.title)}</h3>\n<div>{message.card.message}</div>\n"
        f"<p>{html.escape(' · '.join(facts))}</p>\n<p>{anchors}</p></body></html>\n"
    )


class _Text(HTMLParser):
    """Collects what a reader of the HTML would see; links keep their address."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        if tag == "li":
            self.parts.append("- ")
        if tag == "a":
            self._hrefs.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._hrefs:
            href = self._hrefs.pop()
            if href and not "".join(self.parts).endswith(href):
                self.parts.append(f" ({href})")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain_text(markup: str) -> str:
    """Return HTML as the text that a person reads."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    lines = "".join(parser.parts).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _line(text: str) -> str:
    return _CONTROLS.sub(" ", text).strip()


def _clean(text: str) -> str:
    """Replace lone surrogates, which no charset can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text)


CHANNEL = Channel(
    slug="email",
    title="E-mail",
    prefix="smtp_",
    settings=EmailSettings,
    unready=unready,
    post=post,
    read=read,
    kind="email",
    pages=("email",),
    address=address,
    notice=notice,
)
