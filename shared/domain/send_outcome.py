"""What the other side of a channel says: at once when a message is handed over, and later, when it reports on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Answer:
    """What the other side said, as far as people are shown it."""

    status: int | None = None
    content: str | None = None


@dataclass(frozen=True)
class Sent:
    """The other side took it; `handle` is its name for it."""

    handle: str = ""
    permalink: str | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Retry:
    """Surely not done, but it may work later; `wait_s` is the wait that the other side asked for."""

    reason: str
    wait_s: float | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Refused:
    """Surely not done, and the same again would be refused again. `gone`: the message to edit is no more."""

    reason: str
    answer: Answer | None = None
    gone: bool = False


@dataclass(frozen=True)
class NoWord:
    """Handed over, but no answer came: done or not, nobody knows."""

    reason: str


SendOutcome = Sent | Retry | Refused | NoWord


# What a provider can say later of a message that it took. `sent`: it is on its way, which is no news.
ReportedState = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True)
class Report:
    """What a provider says later, called back or asked. `is_final`: it will say nothing more."""

    state: ReportedState
    reason: str = ""
    is_final: bool = False
