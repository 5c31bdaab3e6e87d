"""Mistakes in a declaration, collected with their places; and the look-up of names, the most common one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from services.api.refusals import Refused
from services.api.resources.desk import Desk
from shared.domain.configuration import Chain, Integration, Team, User, UserGroup, Webhook
from shared.domain.declaration import Fault, Path
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.schedules import Schedule

Named = User | Webhook | Chain | Integration | MaintenanceWindow | Team | UserGroup | Schedule
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
    MaintenanceWindow: "maintenance window",
    UserGroup: "user group of Slack",
    Schedule: "schedule",
}


class Faults:
    """The mistakes found so far."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.found: list[Fault] = []

    def add(self, path: Path, message: str) -> None:
        """Note one mistake."""
        self.found.append(Fault(path, message))

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

    def find(self, model: type[N], name: str) -> N | None:
        """Return the object with this name (of no team); a username matches in any case."""
        for one in self._desk.draft.find(model, "username" if model is User else "name", name):
            if isinstance(one, User):
                return one
            if one.name == name and getattr(one, "team_id", None) is None:
                return one
        return None

    def id_of(self, model: type[N], name: str | None, path: Path) -> str | None:
        """Return the id of what a name refers to; a name that refers to nothing is a mistake."""
        if name is None:
            return None
        found = self.find(model, name)
        if found is None:
            self.add(path, f"there is no {NOUNS[model]} named {name}")
            return None
        return found.id


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
