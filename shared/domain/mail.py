"""What one mail says, read from its bytes however broken they are: subject, text, sender, and whether a person or a
tool meant it for us at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from itertools import count, islice
from typing import Any

from shared.domain.mail_headers import addresses, clean, date_of, decoded, header_text
from shared.domain.mail_html import text_of_html

# What is read of one mail; the text stands before what is attached.
MAX_READ_BYTES = 1024 * 1024
MAX_TEXT = 64_000
MAX_PARTS = 200
MAX_HEADER = 4000
MAX_HEADERS = 500
MAX_HOPS = 100
_REPORTS = frozenset({"delivery-status", "disposition-notification"})
_REPLY_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponse")


class _TooManyParts(ValueError):
    """Nobody writes such a mail; reading on would take seconds."""


class _ShortHeaders(Compat32):
    """Cuts headers before the library takes them apart, which takes time that grows with their square."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER]


_POLICY = _ShortHeaders()


@dataclass(frozen=True)
class Mail:
    """One mail. `message` is its text, `date` when its sender says it was written, `message_id` with its brackets.

    `unwanted` says why it is no alert (a bounce, an automatic reply, a page of our own); "" when it may be one.
    `digest` is the same for the same mail, sent again; "" when two different ones could share it.
    """

    subject: str
    message: str
    sender: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    message_id: str = ""
    date: datetime | None = None
    unwanted: str = ""
    digest: str = ""


def parse(raw: bytes) -> Mail:
    """Return what a mail says. Any bytes are a mail: what cannot be read as one is its text."""
    try:
        message = _parsed(raw[:MAX_READ_BYTES])
        report, text = _report(message), _text_of(message)
    except (_TooManyParts, RecursionError):
        message = BytesParser(policy=_POLICY).parsebytes(raw[:MAX_READ_BYTES], headersonly=True)
        report, text = _report(message), _as_text(message)
    headers = [(name, str(value)) for name, value in islice(message.raw_items(), MAX_HEADERS)]
    # Without a date, the same words next week are another alert.
    digest = hashlib.sha256(raw).hexdigest() if _first(headers, "date") else ""
    return _mail(headers, text, report, digest)


def _parsed(raw: bytes) -> Message:
    parts = count()

    def made(*_: Any, **__: Any) -> Message:
        if next(parts) >= MAX_PARTS:
            raise _TooManyParts
        return Message(_POLICY)

    return BytesParser(made, policy=_POLICY).parsebytes(raw)


def from_parts(headers: Sequence[tuple[str, str]], text: str | None, html: str | None) -> Mail:
    """Return the mail whose headers and texts a provider has parsed already."""
    said = clean(text or "")
    if not said.strip() and html:
        said = text_of_html(html)
    content_type = _first(headers, "content-type").lower()
    report = next((one for one in _REPORTS if one in content_type), "") if "report" in content_type else ""
    return _mail(headers, said, report, "")


def _mail(headers: Sequence[tuple[str, str]], text: str, report: str, digest: str) -> Mail:
    sender = (addresses(_first(headers, "from")) or [("", "")])[0]
    receivers = addresses(_first(headers, "to")) + addresses(_first(headers, "cc"))
    return Mail(
        subject=header_text(_first(headers, "subject")),
        message=_cut(text.strip()),
        sender=sender[1],
        sender_name=sender[0],
        to=tuple(address for _, address in receivers[:20]),
        message_id=header_text(_first(headers, "message-id")),
        date=date_of(_first(headers, "date")),
        unwanted=_unwanted({name.lower(): value for name, value in headers}, headers, report),
        digest=digest,
    )


def _first(headers: Sequence[tuple[str, str]], name: str) -> str:
    return next((value for one, value in headers if one.lower() == name), "")


def _unwanted(named: Mapping[str, str], headers: Sequence[tuple[str, str]], report: str) -> str:
    """Return why a mail is no alert. "Auto-Submitted: auto-generated" is one: so do monitoring tools mark theirs."""
    if "x-tocsin-group" in named:
        return "it is a page of Tocsin itself"
    if report or "x-failed-recipients" in named:
        return "it is a report about a mail (bounce or receipt)"
    automatic = named.get("auto-submitted", "").strip().lower().startswith("auto-replied")
    if automatic or named.get("precedence", "").strip().lower() == "auto_reply":
        return "it is an automatic reply"
    if any(name in named for name in _REPLY_HEADERS):
        return "it is an automatic reply"
    if sum(name.lower() == "received" for name, _ in headers) > MAX_HOPS:
        return f"it was passed on more than {MAX_HOPS} times: a loop"
    return ""


def _report(message: Message) -> str:
    kind = _parameter(message, "report-type").lower()
    return kind if message.get_content_type() == "multipart/report" and kind in _REPORTS else ""


def _text_of(message: Message) -> str:
    """Return the plain text; without one, the HTML as text; without that, any other text."""
    found: dict[str, list[str]] = {"plain": [], "html": [], "other": []}
    for part in _leaves(message):
        subtype = part.get_content_subtype() if part.get_content_maintype() == "text" else ""
        kind = subtype if subtype in ("plain", "html") else "other"
        # A part with a broken type is read when nothing else is there; pictures and archives never are.
        if subtype or part.get("content-type") is None:
            found[kind].append(_as_text(part))
    plain = "\n\n".join(one.strip() for one in found["plain"] if one.strip())
    if plain:
        return plain
    html = "\n\n".join(text_of_html(one) for one in found["html"])
    return html.strip() or "\n\n".join(found["other"])


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that are shown, in order: neither attachments nor mails inside of the mail."""
    waiting: list[Any] = [message]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        if part is not message and _is_attached(part):
            continue
        if part.is_multipart():
            content = part.get_payload()
            waiting.extend(one for one in reversed(content[:MAX_PARTS]) if isinstance(one, Message))
        elif part.get_content_maintype() == "multipart":
            # Its parts have no boundary: what is there is text. Not `set_type`, which encodes the parameters anew
            # and fails over a charset that nobody knows.
            part.replace_header("Content-Type", "text/plain")
            yield part
        else:
            yield part


def _is_attached(part: Message) -> bool:
    disposition = str(part.get("content-disposition", "")).lower().lstrip()
    return disposition.startswith("attachment") or part.get_content_maintype() == "message"


def _as_text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return decoded(content, _parameter(part, "charset")) if isinstance(content, bytes) else ""


def _parameter(message: Message, name: str) -> str:
    """Return a parameter of the Content-Type; one that cannot be read is none."""
    try:
        value = message.get_param(name, "")
    except (ValueError, IndexError, TypeError):
        return ""
    return str(value[2] if isinstance(value, tuple) else value)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n… (cut here, the mail is longer)"
