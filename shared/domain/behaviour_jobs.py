"""What is asked of one stored alert under two configurations, and what differs between them.

Apart from the functions that evaluate (behaviour_evaluation.py), because who only asks needs no template engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import Field

from shared.domain.configuration import Integration, Route
from shared.domain.model import Alert, Frozen

# So much of a text is told; whoever wants the rest has the playground.
LONGEST_TEXT = 300
Deciding = Literal["all", "routes", "nothing"]


class Side(NamedTuple):
    """An integration under one configuration, its routes in the order in which they are tried."""

    integration: Integration
    routes: tuple[Route, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What is asked about every alert of an integration, as it is and as it may become; known by its identity.

    `decided_by` says what may decide differently: "all", "routes" alone, or "nothing". `shown` are the media whose
    texts may differ, by the id of the route that takes the alert afterwards, "" for none; what is in none of a
    route's media is shown to nobody. `is_grouped` false: nobody asks for more than route and labels; `with_title`:
    a condition may ask for the title.
    """

    before: Side
    after: Side
    shown: Mapping[str, tuple[str, ...]]
    decided_by: Deciding = "all"
    is_grouped: bool = True
    with_title: bool = True

    def media_of(self, route_id: str | None) -> tuple[str, ...]:
        """Return the media of an alert that takes this route afterwards, as far as their texts may differ."""
        found = self.shown.get(route_id or "")
        return self.shown.get("", ()) if found is None else found


class BehaviourJob(NamedTuple):
    """An alert, and what is asked about it."""

    alert: Alert
    comparison: Comparison


class Decided(Frozen):
    """What the templates decide of an alert. `key` groups it; `is_grouped` false: it is alone whatever comes."""

    route_id: str | None = None
    key: str
    is_grouped: bool = True
    resolve: bool = False
    acknowledge: bool = False
    title: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)


class TextChange(Frozen):
    """A text that would be another: `where` is medium and part, such as "slack.title"."""

    where: str
    before: str
    after: str


class Behaviour(Frozen):
    """What two configurations make of one alert; `after` None: the same. `failure`: nothing could be evaluated."""

    before: Decided
    after: Decided | None = None
    texts: tuple[TextChange, ...] = ()
    failure: str = ""
