"""What comes back from the products that messages went to: presses, texts, codes, reports, and how one answers.

A channel reads a callback and says how it is answered; the api (services/api/callbacks.py) does what it tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.domain.send_outcome import Report

S = TypeVar("S", bound=BaseModel)
# Half an hour: what a keypad and the short buttons silence for.
SILENCE_S = 1800


@dataclass(frozen=True)
class Incoming:
    """A callback as it came. `url` is the public one that the product called, whole; header names are lower-case.

    `part` is the last step of its path: what kind of callback it is.
    """

    method: str
    url: str
    part: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    at: datetime | None = None


@dataclass(frozen=True)
class Press:
    """One press of one button. `id` is the same when the product sends the same press again.

    `user_id` is the presser's in the chat product. `delay_s` is the length of a silence, None for ever.
    `answer_url` takes a note that only the presser sees. With a `ticket` (shared/domain/tickets.py) group and
    run are the ticket's, and so is the user where it names one.
    """

    id: str
    action: str
    group_id: str = ""
    user_id: str = ""
    user_name: str = ""
    delay_s: int | None = None
    handle: str = ""
    answer_url: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Text:
    """What a person wrote, to be read as a command. `sender` is their address of the channel's kind."""

    id: str
    sender: str
    text: str


@dataclass(frozen=True)
class Code:
    """A code that a person sent from the very address that it shall confirm."""

    code: str
    address: str
    name: str = ""


@dataclass(frozen=True)
class Told:
    """A report on one message: the ledger's `request_id` where we gave it along, `handle` the product's own id."""

    report: Report
    request_id: str = ""
    handle: str = ""


@dataclass(frozen=True)
class Heard:
    """Everything that one callback tells."""

    presses: tuple[Press, ...] = ()
    texts: tuple[Text, ...] = ()
    codes: tuple[Code, ...] = ()
    reports: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Response:
    """How a callback is answered."""

    status: int = 200
    content_type: str = "text/plain"
    body: bytes = b""


@dataclass(frozen=True)
class Callbacks(Generic[S]):
    """A product that calls back. `is_authentic` says whether the product itself sent it, by its own rules.

    One that signs nothing `is_ticketed`: it was given a URL with a ticket of ours, which is looked at instead.
    Where a person's text cannot be answered in the response, `texts_answered_by` is the channel of a notice.
    `answer(incoming, words)` is what the product makes known to the person; `words` is empty where nobody waits.

    Raises:
        Permanent: by `hear`: the body is not what the product sends.
    """

    is_authentic: Callable[[Incoming, S], bool]
    hear: Callable[[Incoming], Heard]
    answer: Callable[[Incoming, str], Response]
    is_ticketed: bool = False
    texts_answered_by: str = ""
