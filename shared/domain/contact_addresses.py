"""What a person may enter as an address of each kind, how it is kept, and what of it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import phonenumbers

from shared.domain.contacts import Kind

MAX_LENGTH = 2000
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@[^\s@<>\"(),:;\[\]\\]+")
_CONTROLS = re.compile(r"[\x00-\x20\x7f]")
_PATTERNS: dict[str, tuple[re.Pattern[str], str]] = {
    "slack": (re.compile(r"[UW][A-Z0-9]{4,20}"), "Must be a member id of Slack, such as U024BE7LH."),
    "telegram": (re.compile(r"[1-9][0-9]{0,18}"), "Must be the number of a Telegram user."),
    "mattermost": (re.compile(r"[a-z0-9]{26}"), "Must be a user id of Mattermost: 26 letters and digits."),
    "pushover": (re.compile(r"[A-Za-z0-9]{30}"), "Must be a user key of Pushover: 30 letters and digits."),
    "apprise": (re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+"), "Must be a URL as Apprise reads it."),
}
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Who knows one of these can write to the person (or as the person), so they are kept as ciphertext.
SECRET_KINDS = frozenset({"ntfy", "pushover", "webhook", "apprise"})


class NotAnAddress(ValueError):
    """The text is no address of its kind; the message is for the person who entered it."""


@dataclass(frozen=True)
class Entered:
    """An address in its normal form: `shown` to people, and `secret`, the whole, where it is one."""

    shown: str
    secret: str | None = None


def entered(kind: Kind, text: str) -> Entered:
    """Return what is kept of an address that somebody entered.

    Raises:
        NotAnAddress: it is none.
    """
    if len(text) > MAX_LENGTH:
        raise NotAnAddress(f"No more than {MAX_LENGTH} characters.")
    address = _normal(kind, text.strip())
    return Entered(masked(address), address) if kind in SECRET_KINDS else Entered(address)


def phone_number(text: str) -> str:
    """Return a telephone number in E.164 ("+4930123456"); it must be written with its country code.

    Raises:
        NotAnAddress: it is no number that somebody can have.
    """
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise NotAnAddress(
            "Must be a telephone number with its country code, such as +49 30 123456."
        ) from error
    if not phonenumbers.is_possible_number(number):
        raise NotAnAddress("There can be no such telephone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(secret: str) -> str:
    """Return so much of a secret that its owner knows which it is: where it leads, and its last characters."""
    parts = urlsplit(secret) if "://" in secret else None
    head = f"{parts.scheme}://{_host(parts.netloc)}/" if parts is not None else ""
    tail = secret[-3:] if len(secret) >= 12 else ""
    return f"{head}…{tail}"


def _host(netloc: str) -> str:
    """Return the host if it is one: Apprise writes tokens in its place, hosts have a dot."""
    host = netloc.rpartition("@")[2]
    return host if "." in host else "…"


def _normal(kind: Kind, text: str) -> str:
    if kind == "phone":
        return phone_number(text)
    if kind == "email":
        if not _EMAIL.fullmatch(text) or _CONTROLS.search(text):
            raise NotAnAddress("Must be an e-mail address.")
        return text
    if kind in ("ntfy", "webhook"):
        return _url(kind, text)
    pattern, sentence = _PATTERNS[kind]
    if not pattern.fullmatch(text):
        raise NotAnAddress(sentence)
    return text


def _url(kind: str, text: str) -> str:
    if kind == "ntfy" and _TOPIC.fullmatch(text):
        return text
    parts = urlsplit(text) if not _CONTROLS.search(text) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        words = "a topic of ntfy, or its URL." if kind == "ntfy" else "a URL that begins with https://."
        raise NotAnAddress(f"Must be {words}")
    return text
