"""What one way in consists of: its defaults for every template, its examples, and how its bodies are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from shared.domain.configuration import Templates
from shared.domain.heartbeat_facts import HeartbeatFacts
from shared.errors import Permanent


class Category(StrEnum):
    """Where a type stands in the list of types."""

    METRICS = "Metrics and alerting"
    HOSTS = "Hosts and networks"
    UPTIME = "Uptime and synthetics"
    CLOUD = "Clouds"
    LOGS = "Logs, traces and errors"
    DELIVERY = "Code, builds and deployments"
    TICKETS = "Tickets and people"
    GENERIC = "Anything else"
    INTERNAL = "Made by Tocsin"


class NotAnAlert(Exception):
    """A body that a tool sends to its webhook and that is no alert (a ping, a test of the address).

    It is answered 200 with the reason, and nothing comes of it. `answer` is the JSON body that the tool must
    read instead, where it asks for one (Slack's challenge).
    """

    def __init__(self, reason: str, answer: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer


class Part(NamedTuple):
    """One alert of a body.

    `instance` names what fires, where several instances share a group and the group is over only with the
    last of them; `ends_at` is when the instance counts as over unless it is sent again.
    """

    payload: Any
    instance: str = ""
    ends_at: datetime | None = None


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


def objects(body: Any) -> list[Any]:
    """Take a JSON object as one alert, a list of objects as one alert each.

    Raises:
        Permanent: the body is something else, or something in the list is.
    """
    if not isinstance(body, list):
        return one_object(body)
    for one in body:
        if not isinstance(one, dict):
            raise Permanent(f"a list in the body must hold JSON objects, not {_kind(one)}")
    if not body:
        raise NotAnAlert("The list is empty: no alert was sent.")
    return body


def no_bodies(_body: Any) -> list[Any]:
    """Refuse every body: alerts of this type do not come through a URL.

    Raises:
        Permanent: always.
    """
    raise Permanent("alerts of this type are made by Tocsin itself and cannot be posted")


def _kind(body: Any) -> str:
    if isinstance(body, bool):
        return "true or false"
    names: dict[type, str] = {
        dict: "an object",
        list: "a list",
        str: "a text",
        int: "a number",
        float: "a number",
    }
    return names.get(type(body), "null")


def as_sent(payload: Any) -> Any:
    """Leave a payload as it is."""
    return payload


@dataclass(frozen=True, kw_only=True)
class IntegrationType:
    """One way in.

    `templates` holds the default of every template the type has an own one for; media that are not named
    use its web templates. `bodies` makes one body into the alerts it holds (it may raise NotAnAlert),
    `prepare` adds to one payload what its templates count on. `instances` does the work of both where
    an integration wants each inner alert of a body tracked by itself; None: the type has no inner alerts.
    `always_by_instance`: whatever the integration wants, because each inner alert is one of its own anyway.
    `notes` tells, in Markdown, how to set the sender up; `<the integration's URL>` stands for the URL.
    `heartbeat_notes` tells how the tool (or a timer beside it) can call the heartbeat URL regularly.
    `documentation` is the tool's own page about its payload. `example_resolved` is None where a tool
    never says that something is over. `is_obsolete` says why nobody should choose it any more.
    `reads_query`: fields of the URL's query are the payload when the body is empty, and beside it else.
    `dynamic_labels` are templates by key that give every alert of the type a label.
    `heartbeat` makes the payload of a heartbeat's alert in the type's own shape; without it the one of the
    formatted webhook is used.
    """

    slug: str
    title: str
    templates: Templates
    example_firing: Any
    example_resolved: Any
    notes: str
    category: Category = Category.GENERIC
    summary: str = ""
    documentation: str = ""
    heartbeat_notes: str = ""
    is_obsolete: str = ""
    has_url: bool = True
    has_demo: bool = True
    reads_query: bool = False
    bodies: Callable[[Any], list[Any]] = field(default=one_alert)
    prepare: Callable[[Any], Any] = field(default=as_sent)
    dynamic_labels: Mapping[str, str] = field(default_factory=dict)
    heartbeat: Callable[[HeartbeatFacts], Any] | None = None
    instances: Callable[[Any], list[Part]] | None = None
    always_by_instance: bool = False

    def split(self, body: Any) -> list[Any]:
        """Return the payloads of the alerts in one body, in its order, prepared for the templates.

        Raises:
            Permanent: this type cannot take such a body; the reason is for the sender.
            NotAnAlert: the body is none, and that is fine.
        """
        return [self.prepare(one) for one in self.bodies(body)]

    def parts(self, body: Any, each_instance: bool) -> list[Part]:
        """Return the alerts in one body; `each_instance` asks for one per inner alert where there are any.

        Raises:
            Permanent, NotAnAlert: as `split` does.
        """
        if self.instances is not None and (each_instance or self.always_by_instance):
            return self.instances(body)
        return [Part(one) for one in self.split(body)]
