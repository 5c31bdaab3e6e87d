"""What one way in consists of: its defaults for every template, its examples, and how its bodies are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.configuration import Templates
from shared.domain.heartbeat_facts import HeartbeatFacts
from shared.errors import Permanent


def one_alert(body: Any) -> list[Any]:
    """Take a body of any shape as one alert."""
    return [body]


def one_object(body: Any) -> list[Any]:
    """Take a JSON object as one alert.

    Raises:
        Permanent: the body is something else; the sender is told so.
    """
    if not isinstance(body, dict):
        raise Permanent(f"the body must be a JSON object, not {_kind(body)}")
    return [body]


def _kind(body: Any) -> str:
    if isinstance(body, bool):
        return "true or false"
    names: dict[type, str] = {list: "a list", str: "a text", int: "a number", float: "a number"}
    return names.get(type(body), "null")


def as_sent(payload: Any) -> Any:
    """Leave a payload as it is."""
    return payload


@dataclass(frozen=True, kw_only=True)
class IntegrationType:
    """One way in.

    `templates` holds the default of every template the type has an own one for; media that are not named
    use its web templates. `bodies` makes one body into the alerts it holds, `prepare` adds to one payload
    what its templates count on. `notes` tells, in Markdown, how to set the sender up. `dynamic_labels` are
    templates by key that give every alert of the type a label. `heartbeat` makes the payload of a heartbeat's
    alert in the type's own shape; without it the one of the formatted webhook is used.
    """

    slug: str
    title: str
    templates: Templates
    example_firing: Any
    example_resolved: Any
    notes: str
    bodies: Callable[[Any], list[Any]] = field(default=one_alert)
    prepare: Callable[[Any], Any] = field(default=as_sent)
    dynamic_labels: Mapping[str, str] = field(default_factory=dict)
    heartbeat: Callable[[HeartbeatFacts], Any] | None = None

    def split(self, body: Any) -> list[Any]:
        """Return the payloads of the alerts in one body, in its order, prepared for the templates.

        Raises:
            Permanent: this type cannot take such a body; the reason is for the sender.
        """
        return [self.prepare(one) for one in self.bodies(body)]
