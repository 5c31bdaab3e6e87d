"""What people do from a button, a keypad, a link or by a text: checked, asked for, and answered in words."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import partial

from services.api.actions import Outcome
from services.api.api import Api
from services.api.authentication import Principal
from shared import clock
from shared.channels.callback import Press, Text
from shared.domain import tickets
from shared.domain.commands import HELP, command_of
from shared.domain.configuration import User
from shared.domain.contacts import ContactPoint
from shared.domain.model import Actor, Group
from shared.domain.tickets import Ticket
from shared.errors import Permanent
from shared.events import ActionApplied, ActionRefused, ActionRequested, derived_id
from shared.store.alert_groups import AlertGroups

NOT_LINKED = "Your account is not linked to a user of Tocsin, so nothing was changed."
READ_ONLY = "Your role may only read, so nothing was changed."
NOT_ACCEPTED = "The action was not accepted. Please try again."
NOT_YET = "Accepted, but not done yet; until it is, pages may still go out."
WRONG_KEY = "This key does nothing; nothing was changed."
_DONE = {
    "acknowledge": "Acknowledged",
    "unacknowledge": "Unacknowledged",
    "confirm": "Confirmed",
    "resolve": "Resolved",
    "unresolve": "Unresolved",
    "silence": "Silenced",
    "unsilence": "Unsilenced",
}


@dataclass(frozen=True)
class Way:
    """Where an action comes from: the word in the timeline, and the kind of contact point that tells who it is."""

    source: str
    kind: str


@dataclass(frozen=True)
class Wanted:
    """One action on one group; with a `run` only on that."""

    id: str
    group_id: str
    action: str
    delay_s: int | None = None
    run: int | None = None


class Acting:
    """Does what callbacks tell. What is asked for twice with the same id has one effect and one answer."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def press(self, press: Press, way: Way) -> str:
        """Do what a button or a key says; return what the person is to be told.

        Raises:
            Unavailable: the broker did not confirm; whoever sent this should send it again.
        """
        if not press.action:
            return WRONG_KEY
        try:
            ticket = self.ticket(press.ticket) if press.ticket else None
        except Permanent as error:
            return error.reason
        if ticket is None:
            wanted = Wanted(press.id, press.group_id, press.action, press.delay_s)
            return await self.act(wanted, self.person(press.user_id, way), way)
        wanted = Wanted(press.id, ticket.group_id, press.action, press.delay_s, ticket.run)
        users = self._api.live.current.user_by_id
        user = users.get(ticket.user_id) if ticket.user_id else self.person(press.user_id, way)
        return await self.act(wanted, user, way)

    async def text(self, text: Text, way: Way) -> str:
        """Do what a person wrote; return the answer.

        Raises:
            Unavailable: as `press`.
        """
        command = command_of(text.text)
        user = self.person(text.sender, way)
        if user is None:
            return NOT_LINKED
        if command is None:
            return HELP
        group = await self._numbered(command.number)
        if group is None:
            return f"There is no alert group #{command.number}."
        id = derived_id(way.source, text.id, command.action)
        return await self.act(Wanted(id, group.id, command.action, command.delay_s), user, way)

    def ticket(self, text: str) -> Ticket:
        """Return what a ticket allows.

        Raises:
            Permanent: it is not valid, or too old; the sentence is for its bearer.
        """
        return tickets.opened(text, partial(self._api.secrets.is_signed, tickets.PURPOSE), clock.now())

    def person(self, address: str, way: Way) -> User | None:
        """Return whose verified contact point an address is."""
        if not address:
            return None
        for one in self._api.live.current.users:
            point = one.contact(way.kind)
            if point is not None and hmac.compare_digest(self._address(point).encode(), address.encode()):
                return one
        return None

    async def act(self, wanted: Wanted, user: User | None, way: Way) -> str:
        """Ask for an action and wait a moment for its outcome; return it in words.

        Raises:
            Unavailable: as `press`.
        """
        if user is None:
            return NOT_LINKED
        if not Principal(user.username, "full", user).may("editor", writing=True):
            return READ_ONLY
        event = ActionRequested(
            id=wanted.id,
            time=clock.now(),
            subject=wanted.group_id,
            group_id=wanted.group_id,
            action=wanted.action,
            actor=Actor(kind="user", id=user.id, name=user.username),
            source=way.source,
            delay_s=wanted.delay_s,
            run=wanted.run,
        )
        return words_of(await self._api.actions.request(event), event)

    async def _numbered(self, number: int) -> Group | None:
        found = await AlertGroups(self._api.database).find({"number": number}, [("opened_at", -1)], 1)
        return found[0] if found else None

    def _address(self, point: ContactPoint) -> str:
        return self._api.secrets.decrypt(point.secret_encrypted) if point.secret_encrypted else point.address


def words_of(outcome: Outcome | None, event: ActionRequested) -> str:
    """Return what became of an action, as a sentence."""
    if isinstance(outcome, ActionRefused):
        return f"Not done: {outcome.reason}"
    if isinstance(outcome, ActionApplied):
        group = outcome.group
        number = f"#{group.number} " if group.number is not None else ""
        until = f" for {event.delay_s // 60} minutes" if event.action == "silence" and event.delay_s else ""
        return f"{_DONE[event.action]}{until}: {number}{group.title or 'the alert group'}"
    return NOT_YET
