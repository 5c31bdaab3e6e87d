"""Mistakes in a declaration, collected with their places; and the look-up of names, the most common one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from services.api.refusals import Refused
from services.api.resources.desk import Desk
from shared.domain.access_form import MASK
from shared.domain.configuration import Chain, Integration, Team, User, UserGroup, Webhook
from shared.domain.declaration import Fault, Path
from shared.domain.declaration_names import OF_TEAM, candidates
from shared.domain.declaration_parts import Reference
from shared.domain.event_subscription import EventSubscription
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.schedules import Schedule, Shift

OfAlerts = Webhook | Chain | Integration | MaintenanceWindow | EventSubscription
Named = OfAlerts | User | Team | UserGroup | Schedule | Shift
N = TypeVar("N", bound=Named)
# What the public API names otherwise than a declaration does.
WITHOUT_PLACE = ("detail", "non_field_errors", "routing_regex", "filtering_labels")
LABELS = ("labels", "dynamic_labels")
NOUNS: dict[type[object], str] = {
    User: "user",
    Team: "team",
    Webhook: "webhook",
    Chain: "escalation chain",
    Integration: "integration",
    EventSubscription: "event subscription",
    MaintenanceWindow: "maintenance window",
    UserGroup: "user group of Slack",
    Schedule: "schedule",
    Shift: "shift of several schedules",
}
NOTHING_STORED = "its secret is not given here, and none is stored that could be kept"


class Faults:
    """The mistakes found so far."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.found: list[Fault] = []

    def add(self, path: Path, message: str) -> None:
        """Note one mistake, once."""
        fault = Fault(path, message)
        if fault not in self.found:
            self.found.append(fault)

    @contextmanager
    def at(self, path: Path) -> Iterator[None]:
        """Note what is refused inside as mistakes at this place."""
        try:
            yield
        except Refused as refused:
            for field, texts in refused.body.items():
                for text in texts if isinstance(texts, list) else [texts]:
                    inner, message = _placed(field, str(text))
                    self.add((*path, *inner), message)

    def find(self, model: type[N], name: str, team_id: str | None = None) -> N | None:
        """Return the object with this name, of this team where teams may have the same names; usernames in any case."""
        found = candidates(self._desk.draft.find, model, name)
        if model in OF_TEAM:
            found = [one for one in found if getattr(one, "team_id", None) == team_id]
        return found[0] if found else None

    def team_id(self, name: str | None, path: Path) -> str | None:
        """Return the id of the team that owns an object."""
        return self.id_of(Team, name, (*path, "team"))

    def id_of(
        self, model: type[N], wanted: Reference | str | None, path: Path, kept: Sequence[str] = ()
    ) -> str | None:
        """Return the id of what a name refers to; a name that refers to nothing, or to several, is a mistake.

        An id is taken in a name's place; one that stands there already (`kept`) also when its object is gone.
        """
        if wanted is None:
            return None
        reference = wanted if isinstance(wanted, Reference) else Reference(name=wanted)
        found = self._referred(model, reference, path)
        if len(found) == 1:
            return found[0].id
        if len(found) > 1:
            words = f"several are named so; say whose is meant: {{name: {reference.name}, team: NAME}}"
            self.add(path, words)
            return None
        if reference.name in kept:
            return reference.name
        of_team = f" of the team {reference.team}" if reference.team is not None else ""
        self.add(path, f"there is no {NOUNS[model]} named {reference.name}{of_team}")
        return None

    def secret(self, path: Path, written: str | None, stored: str | None) -> str | None:
        """Return a secret as it is written; asterisks where nothing is stored that could be kept are a mistake."""
        if written != MASK or stored is not None:
            return written
        self.add(path, NOTHING_STORED)
        return None

    def _referred(self, model: type[N], reference: Reference, path: Path) -> list[N]:
        found = candidates(self._desk.draft.find, model, reference.name)
        if not found:
            by_id = self._desk.draft.get(model, reference.name)
            return [by_id] if by_id is not None else []
        if reference.is_exact and model in OF_TEAM:
            team_id = self.team_id(reference.team, path)
            return [one for one in found if getattr(one, "team_id", None) == team_id]
        nobodys = [one for one in found if getattr(one, "team_id", None) is None]
        return nobodys or found


def _placed(field: str, text: str) -> tuple[Path, str]:
    """Return where inside an object a refused field stands in a declaration, and the sentence about it."""
    if field in WITHOUT_PLACE:
        return (), text
    if field == "templates":
        where, colon, sentence = text.partition(": ")
        return (field, *where.split(".")), sentence if colon else text
    if field in LABELS:
        key, colon, sentence = text.partition(": ")
        return (field, key) if colon else (field,), sentence or text
    return (field,), text
