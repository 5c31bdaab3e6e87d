"""What the list of alert groups is filtered by: every filter stands in the URL, and each has a link that changes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from multidict import MultiDict, MultiMapping
from yarl import URL

from services.api.console.form_fields import whole
from services.api.group_query import group_query, in_title
from services.api.refusals import Invalid
from shared.domain.configuration_draft import Tables

PATH = "/alert-groups"
OPEN = ("firing", "acknowledged", "silenced")
KEPT = ("integration_id", "team_id", "route_id", "started_at", "label", "q")
NUMBER = re.compile(r"#?(\d{1,9})")
ID = re.compile(r"I[A-Z0-9]{8,20}")
MAX_WORDS = 8


@dataclass(frozen=True)
class GroupFilters:
    """The filters of one request; without a state the open groups are shown."""

    asked: MultiDict[str]
    page: int = 1

    @classmethod
    def of(cls, query: MultiMapping[str]) -> GroupFilters:
        """Read them from a URL's query.

        Raises:
            Invalid: the page is not a number from 1.
        """
        page = whole(query.get("page", "1"))
        if page is None or page < 1:
            raise Invalid.field("page", "Must be a number from 1.")
        pairs = [(name, one) for name in KEPT for one in query.getall(name, []) if one]
        states = [("state", one) for one in query.getall("state", []) if one]
        return cls(MultiDict([*states, *pairs]), min(page, 10_000))

    @property
    def states(self) -> tuple[str, ...]:
        """The states that are shown."""
        return tuple(self.asked.getall("state", [])) or OPEN

    @property
    def search(self) -> str:
        """What is searched for."""
        return str(self.asked.get("q", ""))

    @property
    def labels(self) -> Sequence[str]:
        """The labels that are asked for, as key:value."""
        return self.asked.getall("label", [])

    def query(self, tables: Tables, states: Sequence[str] | None = None) -> dict[str, Any]:
        """Return the query of the store; `states` in the place of those that are shown.

        Raises:
            Invalid: a filter that cannot be read; it is named.
        """
        asked = MultiDict((name, one) for name, one in self.asked.items() if name not in ("state", "q"))
        asked.extend(("state", one) for one in (states or self.states))
        return {**group_query(asked, tables), **_searched(self.search)}

    def url(self, page: int = 1, **changed: str | Sequence[str] | None) -> str:
        """Return the list's address with filters changed; None takes one away."""
        asked = self.asked.copy()
        for name, value in changed.items():
            asked.popall(name, None)
            if value is not None:
                values = [value] if isinstance(value, str) else value
                asked.extend((name, one) for one in values)
        if page > 1:
            asked["page"] = str(page)
        return str(URL(PATH).with_query(asked))

    def with_state(self, state: str) -> str:
        """Return the address that shows one state alone; all open ones again where it is shown alone already."""
        return self.url(state=None if self.states == (state,) else state)

    def with_label(self, label: str) -> str:
        """Return the address that asks for one label more, or for it no longer."""
        labels = [one for one in self.labels if one != label]
        return self.url(label=labels if label in self.labels else [*labels, label])


def _searched(text: str) -> dict[str, Any]:
    """Return the query for a number, an id, or words that all stand in the title."""
    text = text.strip()
    if not text:
        return {}
    number = NUMBER.fullmatch(text)
    if number is not None:
        return {"number": int(number.group(1))}
    if ID.fullmatch(text):
        return {"_id": text}
    words = text.split()[:MAX_WORDS]
    return {"$and": [{"title": in_title(one, "q")} for one in words]}
