"""Every provider against its strict double, over a real socket: taken, refused, limited, away, silent, lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from shared.channels.channel import Channel
from shared.channels.registry import CHANNELS
from shared.domain.delivery import NoWord, Refused, Retry, SendOutcome, Sent
from shared.domain.tickets import tickets_for
from shared.errors import Permanent, Transient, Unanswered
from shared.sending import Outlet
from tests.support.http_double import HttpDouble
from tests.support.outgoing import NOON, a_card, a_group, a_message
from tests.support.providers import DOUBLES, target_of

every_provider = pytest.mark.parametrize("slug", DOUBLES)


def test_every_way_to_people_has_a_strict_double():
    """Mail goes through a real SMTP server, and has tests of its own."""
    assert {slug for slug, one in CHANNELS.items() if one.pages} == {*DOUBLES, "email"}


class Exchange:
    """One channel, its double, and the way between them."""

    def __init__(self, slug: str, double: HttpDouble, outlet: Outlet) -> None:
        self.channel: Channel[Any, Any] = CHANNELS[slug]
        self.double = double
        self.outlet = outlet
        self.target = self.channel.address(target_of(slug, double)) if self.channel.address else None

    async def send(self, timeout_s: float | None = None, **fields: Any) -> SendOutcome:
        """Make one try, as the notifier makes it."""
        assert self.target is not None
        given = self.double.settings
        if timeout_s is not None:
            given |= {self.channel.prefix + "timeout_s": timeout_s}
        settings = self.channel.settings_from(SimpleNamespace(**given))
        assert self.channel.unready(settings) is None
        message = a_message(**{**extras(), **fields})
        try:
            target = self.target
            if self.channel.opening is not None:
                opened = self.channel.opening.opened(
                    await self.outlet.perform(self.channel.opening.call(target, settings))
                )
                if not isinstance(opened, str):
                    return opened
                target = opened
            reply = await self.outlet.perform(self.channel.post(message, target, settings))
            outcome: SendOutcome = self.channel.read(reply)
            return outcome
        except Unanswered as error:
            return NoWord(error.reason)
        except Transient as error:
            return Retry(error.reason)
        except Permanent as error:
            return Refused(error.reason)


def extras() -> dict[str, Any]:
    """Return what the notifier adds to a message."""
    tickets = tickets_for(a_group(), "U-alice", lambda text: "s" * 43, NOON)
    return {"callback_url": "https://tocsin.example", "tickets": tickets}


@pytest.fixture
async def exchange(slug: str) -> Any:
    async with DOUBLES[slug]() as double, Outlet(allow_private_addresses=True) as outlet:
        yield Exchange(slug, double, outlet)


@every_provider
async def test_a_page_is_taken_and_named(exchange: Exchange):
    outcome = await exchange.send()

    assert isinstance(outcome, Sent)
    assert outcome.handle
    assert len(exchange.double.taken) == 1
    assert exchange.double.violations == []


HOSTILE = (
    '"</Say><script>&amp;&<b>*_`[x](y) @channel <!here> <@U1>\r\nBcc: eve\x00\x07\ud800 é 🔥 %0a {{7*7}}'
)


@every_provider
@pytest.mark.parametrize(
    "fields",
    [
        {"card": a_card(title=HOSTILE, message=HOSTILE)},
        {"card": a_card(title="t" * 9000, message="m" * 90_000)},
        {"card": a_card(title="", message=" ")},
        {"card": a_card(title="🔥" * 3000, message="<p>" + "ü&amp;<b>x</b>" * 3000)},
        {"about": 7},
        {"important": True, "note": "In maintenance until noon <b>&"},
        {"tickets": {}},
        {"group": a_group(number=None, title=None)},
        {"group": a_group(resolved_at=NOON)},
    ],
    ids=["hostile", "long", "empty", "wide", "digest", "important", "no_tickets", "bare", "resolved"],
)
async def test_whatever_an_alert_says_the_provider_takes_it(exchange: Exchange, fields: dict[str, Any]):
    outcome = await exchange.send(**fields)

    assert exchange.double.violations == []
    assert isinstance(outcome, Sent)


@every_provider
async def test_a_refusal_is_for_good_and_says_why(exchange: Exchange):
    exchange.double.faults.refused = 1

    outcome = await exchange.send()

    assert isinstance(outcome, Refused)
    assert len(outcome.reason) > 10
    assert exchange.double.taken == []


@every_provider
async def test_wrong_credentials_are_refused_in_words_and_never_shown(exchange: Exchange):
    exchange.double.faults.is_locked = True

    outcome = await exchange.send()

    assert isinstance(outcome, Refused)
    assert exchange.double.taken == []


@every_provider
async def test_a_limit_waits_as_long_as_the_provider_asks(exchange: Exchange):
    exchange.double.faults.limited = 1

    limited = await exchange.send()
    outcome = await exchange.send()

    assert isinstance(limited, Retry)
    assert limited.wait_s == exchange.double.faults.retry_after_s
    assert isinstance(outcome, Sent)
    assert len(exchange.double.taken) == 1


@every_provider
async def test_a_provider_that_is_away_is_tried_again(exchange: Exchange):
    exchange.double.faults.unavailable = 1

    assert isinstance(await exchange.send(), Retry)
    assert isinstance(await exchange.send(), Sent)


@every_provider
async def test_a_refused_connection_was_surely_not_a_page(exchange: Exchange):
    await exchange.double.close()

    assert isinstance(await exchange.send(), Retry)


@every_provider
async def test_silence_leaves_the_outcome_unknown(exchange: Exchange):
    exchange.double.faults.is_hanging = True

    outcome = await exchange.send(timeout_s=0.2)

    assert isinstance(outcome, NoWord)


@every_provider
async def test_a_lost_answer_leaves_the_outcome_unknown(exchange: Exchange):
    exchange.double.faults.lost_answers = 1

    outcome = await exchange.send()

    assert isinstance(outcome, NoWord)
    assert len(exchange.double.taken) == 1
