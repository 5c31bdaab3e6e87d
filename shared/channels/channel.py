"""What every way out is: it describes a request and judges the answer, and performs neither.

One sending loop (shared/sending.py) owns timeouts, retries, rate limits, secrets and address checks for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.channels.callback import Callbacks
from shared.channels.callback import Press as Press
from shared.domain.model import Card, Group
from shared.domain.send_outcome import NoWord, Refused, Report, Retry, Sent


@dataclass(frozen=True)
class Message:
    """One card on its way to one target. `id` is the ledger row's: the same for every try.

    `note` is a plain sentence that chats show with it. `about` is how many groups the card is about: of several,
    `group` is only the newest. `callback_url` is the api's public address, where products call back. `tickets`
    (shared/domain/tickets.py) are what buttons and links act with, by action; none where there is nothing to act
    on. `thread` is the handle of the group's message in the same chat product.
    """

    id: str
    group: Group
    card: Card
    sent_at: datetime
    url: str = ""
    note: str = ""
    about: int = 1
    important: bool = False
    callback_url: str = ""
    tickets: Mapping[str, str] = field(default_factory=dict)
    thread: str = ""

    @property
    def can_act(self) -> bool:
        """Whether the person can do something about it: one group that fires."""
        return self.about == 1 and self.group.is_firing


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
    """One HTTP request. `trusted`: the operator configured the address, so it may be private.

    Not `redirected`: an answer that points elsewhere is an answer like any other, and nobody goes there.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_s: float = 10.0
    trusted: bool = False
    read_limit_bytes: int = 64 * 1024
    redirected: bool = True


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


M = TypeVar("M")
S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Home(Generic[S]):
    """Where a product shows messages in a browser, if what it answers to a post does not tell.

    `call(settings)` asks for the address of its pages, which stays the same, and `read(reply)` returns it;
    `link(address, handle)` is that of one message.
    """

    call: Callable[[S], Call]
    read: Callable[[Reply], str | Retry | Refused]
    link: Callable[[str, str], str]


@dataclass(frozen=True)
class Chat(Generic[S]):
    """What a channel that keeps messages can do besides: change one in place, and look for one it may have lost.

    Without `find` it cannot be asked: a message that was perhaps posted is posted once more.

    `edit(message, handle, settings)` and `find(message, target, since, cursor, settings)` describe a call;
    `found(reply, message, target)` judges the answer to the latter. `place(handle)` is the channel's id, which a
    look needs where posting was content with its name. `is_authentic(body, headers, settings, now)`
    tells whether a callback comes from the product, `press(body)` what was pressed.

    Raises:
        Permanent: by `press`: the body is not what the product sends.
    """

    place: Callable[[str], str]
    edit: Callable[[Message, str, S], Call]
    find: Callable[[Message, str, datetime, str | None, S], Call] | None = None
    found: Callable[[Reply, Message, str], Sent | Absent | Retry | Refused] | None = None
    is_authentic: Callable[[bytes, Mapping[str, str], S, datetime], bool] | None = None
    press: Callable[[bytes], tuple[Press, ...]] | None = None
    home: Home[S] | None = None


@dataclass(frozen=True)
class Opening(Generic[S]):
    """What must be asked before a person can be written to, and leaves no trace that anybody sees.

    `call(target, settings)` describes it; `opened(reply)` returns the target that the message goes to.
    """

    call: Callable[[str, S], Call]
    opened: Callable[[Reply], str | Retry | Refused]


@dataclass(frozen=True)
class Reports(Generic[S]):
    """How a provider tells later what became of a message that it took: it calls back, and some can be asked.

    Callbacks name the message by its `Sent.handle`, or by the row's id where the provider gives that back.
    `status(handle, settings)` describes the question, None where nothing more is known; `judge(reply)` reads the
    answer: Retry asks once more, Refused never again. `waits_s` are the waits before each time of asking.
    `cancel(handle, settings)` ends what the provider still repeats.
    """

    status: Callable[[str, S], Call | None] | None = None
    judge: Callable[[Reply], Report | Retry | Refused] | None = None
    waits_s: tuple[float, ...] = ()
    cancel: Callable[[str, S], Call | None] | None = None


@dataclass(frozen=True)
class Channel(Generic[M, S]):
    """One way out for messages of kind M. `prefix` is that of its settings in the environment, after TOCSIN_.

    `unready(settings)` says why nothing can be sent as configured. `pages` are the notification rules that it
    serves (notify_by_<name>); `provider`, where several serve the same, is the word that chooses this one.
    People are reached by their contact point of `kind`; `address(text)` is how the product wants it, None when it
    is none. `also(message, target, settings)` describes a courtesy after a page that was taken; nobody depends on
    it. `repeats_unknown`: a try without an answer is made again, not held. `reports`: what it took is told later.
    `notice(notice, target, settings)` describes plain words to a person.
    """

    slug: str
    title: str
    prefix: str
    settings: type[S]
    unready: Callable[[S], str | None]
    post: Callable[[M, str, S], Call]
    read: Callable[[Reply], Outcome]
    kind: str = ""
    pages: tuple[str, ...] = ()
    provider: str = ""
    address: Callable[[str], str | None] | None = None
    opening: Opening[S] | None = None
    also: Callable[[M, str, S], Call | None] | None = None
    callbacks: Callbacks[S] | None = None
    chat: Chat[S] | None = None
    repeats_unknown: bool = False
    reports: Reports[S] | None = None
    notice: Callable[[Notice, str, S], Call] | None = None

    def settings_from(self, source: object) -> S:
        """Build the channel's settings from an object that has them as attributes with `prefix`."""
        names = [field.alias or name for name, field in self.settings.model_fields.items()]
        given = {
            name: getattr(source, self.prefix + name) for name in names if hasattr(source, self.prefix + name)
        }
        return self.settings.model_validate(given)
