"""kill -9 of a notifier exactly when every provider has taken its page and nothing of that is recorded yet.

One process holds a page for each channel at once; all doubles take theirs and owe the answer; then it dies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from services.notifier.service import service
from shared.channels.registry import CHANNELS
from shared.domain.configuration import Webhook
from shared.domain.delivery import DeliveryState
from shared.events import Event
from shared.store.deliveries import Deliveries
from tests.support.killing import later, process
from tests.support.one_service import SECRET_KEY, Surroundings, until
from tests.support.outgoing import a_group, page_requested, webhook_requested
from tests.support.providers_running import Providers, alice, ways
from tests.support.smtp_double import SmtpDouble
from tests.support.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.chaos

# Which phone provider, and whose pages an operator lets repeat: each channel is held at least once.
RUNS = {"twilio": "", "vonage": "sms,ntfy,email"}


class Ends:
    """Everything that a page or a webhook can come to. Names are the ledger's; "outgoing" is a webhook's call."""

    def __init__(self, phone_provider: str) -> None:
        self.providers = Providers(phone_provider)
        self.smtp = SmtpDouble()
        self.receiver = WebhookReceiver()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for one in (self.providers, self.smtp, self.receiver):
            await self._stack.enter_async_context(one)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        await self._stack.aclose()

    @property
    def names(self) -> list[str]:
        return ["email", "outgoing", *self.providers.ways]

    @property
    def settings(self) -> dict[str, Any]:
        mail = {"smtp_host": self.smtp.host, "smtp_port": self.smtp.port, "smtp_from": "tocsin@example.org"}
        return mail | self.providers.settings

    def hold(self) -> None:
        """From now on all take what comes and answer nothing."""
        for one in self.providers.doubles:
            one.hold()
        self.smtp.faults.hanging_at = "ANSWER"
        self.receiver.answering.clear()

    def release(self) -> None:
        for one in self.providers.doubles:
            one.release()
        self.smtp.faults.hanging_at = ""
        self.smtp.faults.released.set()
        self.receiver.answering.set()

    @property
    def holding(self) -> int:
        """How many have taken something that they have not answered for."""
        return sum(one.holding for one in self.providers.doubles) + self.smtp.waiting + self.receiver.holding

    def taken(self, name: str) -> int:
        """How often a page or call was really taken at one end."""
        if name in ("email", "outgoing"):
            return len(self.smtp.mails if name == "email" else self.receiver.calls)
        double = self.providers.by_rule[name]
        return sum(1 for one in double.taken if _is_by(name, one))

    def violations(self) -> list[str]:
        """What a provider would have refused."""
        return [said for one in self.providers.doubles for said in one.violations] + self.receiver.faults


def _is_by(name: str, taken: Any) -> bool:
    """Whether what an account took came by this rule; SMS and calls go to one account."""
    if name not in ("sms", "phone_call") or not isinstance(taken, dict):
        return True
    return (taken["kind"] in ("Messages", "message")) is (name == "sms")


def repeats(name: str, again: str) -> bool:
    """Whether an unknown outcome is tried again: webhooks, whose calls carry their id, and what the operator named."""
    return name in ("outgoing", "webhook", *filter(None, again.split(",")))


def requests(ends: Ends) -> dict[str, Event]:
    group = a_group()
    pages = {
        name: page_requested(group, channel=name, part=name) for name in ends.names if name != "outgoing"
    }
    return {**pages, "outgoing": webhook_requested(group)}


@pytest.fixture
async def ends(phone_provider: str) -> AsyncIterator[Ends]:
    async with Ends(phone_provider) as made:
        yield made


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path, ends: Ends) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        hook = Webhook(id="WH-1", name="ticket", url=f"{ends.receiver.url}/ticket")
        await around.configure(alice(ends.providers), hook)
        await around.store(a_group())
        yield around


def test_every_channel_is_killed_and_each_held_at_least_once():
    held = {
        slug for one, again in RUNS.items() for name, slug in ways(one).items() if not repeats(name, again)
    }
    paging = {slug for slug, one in CHANNELS.items() if one.pages and slug != "email"}

    assert {slug for one in RUNS for slug in ways(one).values()} == paging
    assert held == paging - {"personal_webhook", "vonage_sms"}


@pytest.mark.parametrize(("phone_provider", "again"), RUNS.items(), ids=RUNS)
async def test_a_page_that_was_taken_but_not_recorded_is_unknown_and_repeated_only_by_policy(
    around: Surroundings, ends: Ends, again: str
):
    asked = requests(ends)
    await _killed_with_all_in_hand(around, ends, asked)
    expected = {
        name: (DeliveryState.SENT, 2) if repeats(name, again) else (DeliveryState.UNKNOWN, 1)
        for name in asked
    }
    rows = Deliveries(around.database, timedelta(days=1))

    async def found() -> dict[str, tuple[DeliveryState, int]]:
        kept = {name: await rows.get(one.id) for name, one in asked.items()}
        return {name: (row.state, ends.taken(name)) for name, row in kept.items() if row is not None}

    async def is_settled() -> bool:
        open_states = (DeliveryState.PENDING, DeliveryState.SENDING)
        states = [state for state, _ in (await found()).values()]
        return len(states) == len(asked) and not set(states) & set(open_states)

    async with later(timedelta(minutes=2)), around.running(service, **ends.settings, resend_unknown=again):
        await until(is_settled)
        # A repeat of the requests changes nothing: what is unknown stays so.
        await around.publish(*asked.values(), page_requested(a_group(), channel="telegram", part="another"))
        await until(lambda: ends.taken("telegram") == 2)
        after = await found()

    assert after == {**expected, "telegram": (DeliveryState.UNKNOWN, 2)}
    assert ends.violations() == []
    assert len({one.id for one in ends.receiver.calls}) == 1


async def _killed_with_all_in_hand(around: Surroundings, ends: Ends, asked: dict[str, Event]) -> None:
    """Let a notifier hand over one message by every way, and kill it before the first answer."""
    ends.hold()
    given = {**ends.settings, "secret_key": SECRET_KEY}
    environment = {f"TOCSIN_{name.upper()}": str(value) for name, value in given.items()}
    async with process(around, "notifier", environment) as stack:
        await around.publish(*asked.values())
        await until(lambda: ends.holding == len(asked))
        stack.kill9("notifier")
    ends.release()
    await until(lambda: not ends.holding)
    assert {name: ends.taken(name) for name in asked} == dict.fromkeys(asked, 1)
