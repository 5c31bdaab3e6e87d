"""The small endpoints in the OpenAPI document: who we are, where links point, plain words to a person."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from services.api.delivery_shapes import MessageBody
from services.api.shape import Shape
from services.api.specification_parts import body, listing, operation, path_parameter

BASE = "/api/v1"


class Organization(Shape):
    """The installation, which is one organization for ever."""

    id: str


class Info(Shape):
    """The address that links point to."""

    url: str


class MessageSent(Shape):
    """Words that went out to a person; `id` is that of the delivery."""

    id: str


class MessagePending(Shape):
    """Words that are accepted and not out yet; `id` is that of the delivery, once there is one."""

    detail: str
    id: str | None = None


LOOKUP_SHAPES: tuple[type[BaseModel], ...] = (Organization, Info, MessageSent, MessagePending)


def lookup_paths() -> dict[str, Any]:
    """Return what clients ask first, by URL."""
    one = operation("the one organization, by its id", {"200": "Organization"})
    return {
        f"{BASE}/organizations": {"get": listing("organizations", "Organization", ())},
        f"{BASE}/organizations/{{id}}": {"parameters": [path_parameter("id")], "get": one},
        f"{BASE}/info": {"get": operation("the address that links point to", {"200": "Info"})},
    }


def message_paths() -> dict[str, Any]:
    """Return the two that say plain words to a person, by URL."""
    told = {"make_call": "call a user and say something", "send_sms": "write to a user"}
    answers: dict[str, str | None] = {"200": "MessageSent", "202": "MessagePending"}
    return {
        f"{BASE}/{name}": {"post": operation(words, answers) | body(MessageBody.__name__)}
        for name, words in told.items()
    }
