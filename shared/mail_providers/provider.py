"""What every mail provider is: it proves that a request is its own, and reads the mails in it. No I/O."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from shared.domain.ingest import Refused
from shared.domain.mail import Mail
from shared.mail_providers.form import Form


@dataclass(frozen=True)
class Post:
    """One request. `url` is the public one that the provider was given, header names are lower-case.

    `stand_in` is the base URL of what plays Amazon in a test environment, if anything does.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    form: Form = field(default_factory=Form)
    stand_in: str = ""

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            Refused: 400, it is none.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise unreadable("the body is no JSON") from error

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object; raises like `json`."""
        found = self.json()
        if not isinstance(found, dict):
            raise unreadable("the body is no JSON object")
        return found


@dataclass(frozen=True)
class Proof:
    """What a request is checked with: the provider's secret, and the certificate that it named, if any."""

    secret: str = ""
    certificate_pem: bytes = b""


@dataclass(frozen=True)
class Received:
    """One mail and the addresses of its envelope."""

    recipients: tuple[str, ...]
    mail: Mail
    sender: str = ""


@dataclass(frozen=True)
class Confirm:
    """The provider asks whether it may send: fetching `url` says yes."""

    url: str


@dataclass(frozen=True)
class Ignored:
    """The request is genuine and holds no mail."""

    reason: str


Content = tuple[Received, ...] | Confirm | Ignored


def no_certificate(_post: Post) -> str | None:
    """Say that nothing has to be fetched before a request can be checked."""
    return None


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One provider of mail.

    `secret` says what its secret is, "" when it needs none. `certificate(post)` is the URL of what must be
    fetched before `verify`, which returns the token that may come with this body only (a guard against
    replays where the signature does not cover the body), if there is one. `later` is the status after which the
    provider tries again.

    Raises:
        Refused: by all three; 401 or 403 when the request proves nothing, 400 when it cannot be read.
    """

    slug: str
    title: str
    secret: str
    verify: Callable[[Post, Proof, datetime], str | None]
    read: Callable[[Post], Content]
    certificate: Callable[[Post], str | None] = no_certificate
    later: int = 503


def unproven(reason: str) -> Refused:
    """Return the refusal of a request that may be anybody's."""
    return Refused(401, "unproven", f"Not accepted: {reason}.")


def unreadable(reason: str) -> Refused:
    """Return the refusal of a request that is not what the provider documents."""
    return Refused(400, "unreadable", f"Not understood: {reason}.")


def same(given: str, expected: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def basic_auth(post: Post, proof: Proof, _now: datetime) -> None:
    """Check the user and password that stand in the URL which the provider was given.

    Raises:
        Refused: 401, they are missing or wrong.
    """
    scheme, _, given = post.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        pair = ""
    if scheme.lower() != "basic" or not proof.secret or not same(pair, proof.secret):
        raise unproven("user or password is missing or wrong")


def text_in(value: Mapping[str, Any], name: str) -> str:
    """Return a text of a JSON object, "" when it is missing or something else."""
    found = value.get(name)
    return found if isinstance(found, str) else ""


def object_in(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object in a JSON object, an empty one when it is missing or something else."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def list_in(value: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list in a JSON object, an empty one when it is missing or something else."""
    found = value.get(name)
    return found if isinstance(found, list) else []


def texts(values: list[Any]) -> tuple[str, ...]:
    """Return the texts in a list."""
    return tuple(one for one in values if isinstance(one, str))
