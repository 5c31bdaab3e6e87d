"""Everything that pages and posts come to: strict doubles that count what they really took, and take their time.

An answer that comes late leaves something in a sender's hands when it is killed; one that is held until the kill
surely does.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.chaos.proof.arrivals import Arrival
from tests.chaos.proof.mailbox import Mailbox
from tests.chaos.proof.plan import BUNDLED_S, CHATS, MAILS, PHONES, TOPICS, Plan
from tests.support.http_double import Call, HttpDouble
from tests.support.ntfy_double import NtfyDouble
from tests.support.personal_webhook_double import PersonalWebhookDouble
from tests.support.slack_double import TOKEN, SlackDouble
from tests.support.twilio_double import TwilioDouble

SLOWEST_S = 0.4
KINDS = {"Messages": "sms", "Calls": "phone_call"}


class Slow(HttpDouble):
    """Takes its time before it answers for what it has taken; `chance` says how long."""

    chance = random.Random(0)

    def is_held(self, taken: Any) -> bool:
        """Whether the answer for what was taken may be held."""
        return True

    async def before_answer(self) -> None:
        """Wait a little, or until the answer is not held any more."""
        is_held = self.is_held(self.taken[-1])
        await asyncio.sleep(self.chance.uniform(0.0, SLOWEST_S))
        if is_held:
            await super().before_answer()


class Twilio(Slow, TwilioDouble):
    """SMS and calls; what is asked about is over and well. Answers are held for one kind at a time, `window`."""

    window = ""

    def is_held(self, taken: Any) -> bool:
        """Whether it is of that kind."""
        return KINDS[taken["kind"]] == self.window

    def serve(self, call: Call) -> tuple[int, Any]:
        """Take it, and know at once what became of it."""
        taken = len(self.taken)
        answer = super().serve(call)
        for one in self.taken[taken:]:
            one["status"] = "delivered" if one["kind"] == "Messages" else "completed"
        return answer


class Ntfy(Slow, NtfyDouble):
    """Pushes."""


class Hooks(Slow, PersonalWebhookDouble):
    """Calls of webhooks; `ids` are those that they carried."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def serve(self, call: Call) -> tuple[int, Any]:
        """Take it and keep its id."""
        taken = len(self.taken)
        answer = super().serve(call)
        self.ids += [call.headers["idempotency-key"]] * (len(self.taken) - taken)
        return answer


class Ends:
    """Use as an async context manager; `settings` lead the services here."""

    def __init__(self, plan: Plan) -> None:
        self.mails = Mailbox(plan.stream("mail"))
        self.phones, self.pushes, self.hooks, self.chats = Twilio(), Ntfy(), Hooks(), SlackDouble()
        self.phones.chance = plan.stream("phones")
        self.pushes.chance = plan.stream("pushes")
        self.hooks.chance = plan.stream("hooks")
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for one in (self.mails, self.phones, self.pushes, self.hooks, self.chats):
            await self._stack.enter_async_context(one)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        await self._stack.aclose()

    @property
    def settings(self) -> dict[str, str]:
        """The environment of the services."""
        doubles = self.phones.settings | self.pushes.settings
        return {
            **{f"TOCSIN_{name.upper()}": str(value) for name, value in doubles.items()},
            "TOCSIN_SMTP_HOST": self.mails.host,
            "TOCSIN_SMTP_PORT": str(self.mails.port),
            "TOCSIN_SMTP_TIMEOUT_S": "10",
            "TOCSIN_PAGE_INTERVALS": f"sms={BUNDLED_S},phone_call={BUNDLED_S}",
            # Their windows are counted in minutes by the half hour: the proof would wait for them, and prove a bundle.
            "TOCSIN_PAGE_LIMITS": "",
            "TOCSIN_SLACK_API_URL": self.chats.url,
            "TOCSIN_SLACK_BOT_TOKEN": TOKEN,
        }

    def hold(self, window: str) -> Callable[[], bool]:
        """Owe the next answers at one end; return how to see that one is owed."""
        if window == "email":
            return lambda: self.mails.in_hand > 2
        if window == "post":
            self.chats.hang_channel(CHATS)
            return lambda: self.chats.waiting > 0
        double: Slow = {"ntfy": self.pushes, "webhook": self.hooks}.get(window, self.phones)
        self.phones.window = window
        before = len(double.taken)
        double.hold()
        return lambda: any(double.is_held(one) for one in double.taken[before:])

    def release(self) -> None:
        """Answer for everything that is owed."""
        for one in (self.phones, self.pushes, self.hooks, self.chats):
            one.release()

    def arrivals(self) -> list[Arrival]:
        """Return everything that people got."""
        return [*self._mails(), *self._by_phone(), *self._pushes(), *self._calls()]

    def counts(self) -> str:
        """Return how much arrived where."""
        kinds = [KINDS[one["kind"]] for one in self.phones.taken]
        parts = {
            "mails": len(self.mails.mails),
            "SMS": kinds.count("sms"),
            "calls": kinds.count("phone_call"),
            "pushes": len(self.pushes.taken),
            "webhooks": len(self.hooks.taken),
            "chat posts": len(self.chats.messages),
        }
        return ", ".join(f"{count} {name}" for name, count in parts.items())

    def violations(self) -> list[str]:
        """Return what a provider would have refused."""
        pages = [said for one in (self.phones, self.pushes, self.hooks) for said in one.violations]
        return pages + [said for said in self.chats.violations if said.startswith("chat.")]

    def _mails(self) -> list[Arrival]:
        return [
            Arrival("email", MAILS.get(recipient, recipient), at, id)
            for id, recipient, at in self.mails.pages()
        ]

    def _by_phone(self) -> list[Arrival]:
        found = []
        for one, at in zip(self.phones.taken, self.phones.taken_at, strict=True):
            fields = one["fields"]
            query = parse_qs(urlsplit(fields["StatusCallback"][0]).query)
            number = fields["To"][0]
            person = PHONES.get(number, number)
            found.append(Arrival(KINDS[one["kind"]], person, at, query["delivery"][0], one["sid"]))
        return found

    def _pushes(self) -> list[Arrival]:
        found = []
        for number, (one, at) in enumerate(
            zip(self.pushes.taken, self.pushes.taken_at, strict=True), start=1
        ):
            group_id = urlsplit(one["click"]).path.rpartition("/")[2]
            person = TOPICS.get(one["topic"], one["topic"])
            found.append(Arrival("ntfy", person, at, handle=f"msg{number}", group_id=group_id))
        return found

    def _calls(self) -> list[Arrival]:
        # Whom a webhook tells is not in the call; its id is, and that is the row's.
        return [
            Arrival("webhook", "", at, id) for id, at in zip(self.hooks.ids, self.hooks.taken_at, strict=True)
        ]
