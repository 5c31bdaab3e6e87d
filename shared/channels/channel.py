"""What every way out is: it describes a request and judges the answer, and performs neither.

One sending loop (shared/sending.py) owns timeouts, retries, rate limits, secrets and address checks for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.domain.configuration import User
from shared.domain.delivery import NoWord, Refused, Retry, Sent
from shared.domain.model import Card, Group


@dataclass(frozen=True)
class Message:
    """One card on its way to one target. `id` is the ledger row's: the same for every try.

    `note` is a plain sentence that chats show with it. `about` is how many groups the card is about: of several,
    `group` is only the newest.
    """

    id: str
    group: Group
    card: Card
    sent_at: datetime
    url: str = ""
    note: str = ""
    about: int = 1


@dataclass(frozen=True)
class Notice:
    """Plain words that are about no alert group. `id` is the ledger row's: the same for every try.

    `mentions` are ids of people in the chat that it goes to; "!channel" calls all in the channel.
    """

    id: str
    title: str
    text: str
    sent_at: datetime
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True)
class HttpCall:
    """One HTTP request. `trusted`: the operator configured the address, so it may be private."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_s: float = 10.0
    trusted: bool = False
    read_limit_bytes: int = 64 * 1024


@dataclass(frozen=True)
class HttpReply:
    """Whatever answered. Header names are lower-case; the body is cut at the client's read limit."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `tls` is none, starttls or tls; no username means no login."""

    host: str
    port: int = 25
    tls: str = "none"
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class SmtpCall:
    """One mail for one recipient; `timeout_s` is for each of its two halves, up to RCPT and from DATA."""

    server: SmtpServer
    sender: str
    recipient: str
    message: bytes
    timeout_s: float = 30.0


@dataclass(frozen=True)
class SmtpReply:
    """The server's last word: to the whole mail, or to the first command that it refused."""

    code: int
    text: str = ""


Call = HttpCall | SmtpCall
Reply = HttpReply | SmtpReply
Outcome = Sent | Retry | Refused | NoWord


@dataclass(frozen=True)
class Absent:
    """A look into the chat did not find the message; `cursor` names the page to look at next, if any."""

    cursor: str | None = None


@dataclass(frozen=True)
class Press:
    """One press of one button. `id` is the same when the chat product sends the same press again.

    `user_id` is the presser's in the chat product. `delay_s` is the length of a silence, None for ever.
    `answer_url` takes a note that only the presser sees.
    """

    id: str
    action: str
    group_id: str
    user_id: str
    user_name: str = ""
    delay_s: int | None = None
    handle: str = ""
    answer_url: str = ""


M = TypeVar("M")
S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Chat(Generic[S]):
    """What a channel that keeps messages can do besides: change one in place, and look for one it may have lost.

    `edit(message, handle, settings)` and `find(message, target, since, cursor, settings)` describe a call;
    `found(reply, message, target)` judges the answer to the latter. `place(handle)` is the channel's id, which a
    look needs where posting was content with its name. `is_authentic(body, headers, settings, now)`
    tells whether a callback comes from the product, `press(body)` what was pressed.

    Raises:
        Permanent: by `press`: the body is not what the product sends.
    """

    edit: Callable[[Message, str, S], Call]
    find: Callable[[Message, str, datetime, str | None, S], Call]
    found: Callable[[Reply, Message, str], Sent | Absent | Retry | Refused]
    place: Callable[[str], str]
    is_authentic: Callable[[bytes, Mapping[str, str], S, datetime], bool]
    press: Callable[[bytes], tuple[Press, ...]]


@dataclass(frozen=True)
class Channel(Generic[M, S]):
    """One way out for messages of kind M. `prefix` is that of its settings in the environment, after TOCSIN_.

    `unready(settings)` says why nothing can be sent as configured; `address(user)` where a person is
    reached: None when they are not. `repeats_unknown`: a try without an answer is made again, not held.
    `notice(notice, target, settings)` describes plain words to a person.
    """

    slug: str
    title: str
    prefix: str
    settings: type[S]
    unready: Callable[[S], str | None]
    post: Callable[[M, str, S], Call]
    read: Callable[[Reply], Outcome]
    address: Callable[[User], str | None] | None = None
    chat: Chat[S] | None = None
    repeats_unknown: bool = False
    notice: Callable[[Notice, str, S], Call] | None = None

    def settings_from(self, source: object) -> S:
        """Build the channel's settings from an object that has them as attributes with `prefix`."""
        names = [field.alias or name for name, field in self.settings.model_fields.items()]
        given = {
            name: getattr(source, self.prefix + name) for name in names if hasattr(source, self.prefix + name)
        }
        return self.settings.model_validate(given)
