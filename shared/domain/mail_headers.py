"""Reads the headers of mails: encoded words, charsets, addresses and dates, also where they break the rules."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime

MAX_HEADER = 2000
MAX_COMMENTS = 20
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANKS = re.compile(r"\s+")
# Text encodings by name only: their decoders take time that grows with the square of the length, or run escapes.
_NOT_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"})
# What senders write, and what they mean by it: the wider set of the two.
_WIDER = {"iso8859-1": "cp1252", "ascii": "utf-8", "gb2312": "gb18030", "gbk": "gb18030"}


def decoded(data: bytes, charset: str | None) -> str:
    """Return bytes as text under the charset that their sender named; a wrong or unknown one does no harm."""
    name = _codec(charset)
    for one in dict.fromkeys((name, "utf-8")):
        try:
            return clean(data.decode(one))
        except (UnicodeError, ValueError):
            continue
    return clean(data.decode("cp1252" if name == "utf-8" else name, "replace"))


def clean(text: str) -> str:
    """Return the text without control characters and lone surrogates, its lines ended by \\n."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.encode("utf-8", "replace").decode()


def header_text(raw: str) -> str:
    """Return a header's value as one line of text; `raw` may hold bytes as the mail parser's surrogates."""
    text = raw[: 4 * MAX_HEADER]
    if not text.isascii():
        text = decoded(_sent_bytes(text), "utf-8")
    if "=?" in text:
        text = _unwrapped(_BETWEEN_WORDS.sub(r"\1", text))
    return _BLANKS.sub(" ", clean(text)).strip()[:MAX_HEADER]


def addresses(raw: str) -> list[tuple[str, str]]:
    """Return the (name, address) pairs of a From, To or Cc header; what is no address is left out."""
    text = _BLANKS.sub(" ", raw[:MAX_HEADER])
    # The library reads comments in comments by recursion.
    pairs = getaddresses([text.replace("(", "") if text.count("(") > MAX_COMMENTS else text])
    return [(header_text(name), header_text(address)) for name, address in pairs if "@" in address]


def date_of(raw: str) -> datetime | None:
    """Return when a mail says it was written, in UTC; None when it does not say so in a way that is understood."""
    try:
        found = parsedate_to_datetime(raw[:MAX_HEADER].strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _sent_bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _codec(charset: str | None) -> str:
    try:
        name = codecs.lookup((charset or "utf-8").strip().strip("\"'")).name
        "".encode(name)
    except (LookupError, ValueError, TypeError):
        return "utf-8"
    name = name.lower()
    return "utf-8" if name.replace("-", "_") in _NOT_CHARSETS else _WIDER.get(name, name)


def _unwrapped(text: str) -> str:
    """Decode the encoded words; a character may be cut in two by neighbours of one charset."""
    parts: list[str] = []
    waiting, waiting_charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        charset = word[1].partition("*")[0].lower()
        if word.start() > end or charset != waiting_charset:
            parts += [decoded(waiting, waiting_charset), text[end : word.start()]]
            waiting, waiting_charset = b"", charset
        waiting += _word_bytes(word[2], word[3])
        end = word.end()
    return "".join([*parts, decoded(waiting, waiting_charset), text[end:]])


def _word_bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(data, header=True)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return data
