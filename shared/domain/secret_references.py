"""Secrets in a declaration by reference: `${env:NAME}` and `${file:PATH}` stand for what is kept elsewhere.

Only where a secret is expected is such a text a reference; a template may say the same anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.access_form import MASK

Path = tuple[str | int, ...]
PATTERN = re.compile(r"\$\{(env|file):([^{}\s][^{}]*)\}")
# A user key of Pushover has so many letters and digits; a secret that signs is Standard Webhooks' kind of text.
PUSHOVER_LENGTH = 30
SIGNING = "whsec_" + "QUJD" * 11
_AUTHENTICATION = ("integrations", "*", "authentication")
# Where secrets stand; * is any position of a list.
PLACES: tuple[tuple[str, ...], ...] = (
    ("users", "*", "contact_points", "*", "address"),
    ("webhooks", "*", "password"),
    ("webhooks", "*", "authorization_header"),
    ("webhooks", "*", "signing_secret"),
    ("event_subscriptions", "*", "signing_secret"),
    ("schedules", "*", "ical_url_primary"),
    ("schedules", "*", "ical_url_overrides"),
    ("integrations", "*", "token"),
    (*_AUTHENTICATION, "hmac", "secret"),
    (*_AUTHENTICATION, "hmac", "second_secret"),
    (*_AUTHENTICATION, "basic", "password"),
    (*_AUTHENTICATION, "basic", "second_password"),
    (*_AUTHENTICATION, "bearer", "token"),
    (*_AUTHENTICATION, "bearer", "second_token"),
)


@dataclass(frozen=True)
class SecretReference:
    """One reference: where it stands, and the variable or the file that it names."""

    path: Path
    kind: str
    target: str

    @property
    def text(self) -> str:
        """It, as it is written."""
        return f"${{{self.kind}:{self.target}}}"


# Returns the secret that a reference names, None when there is none.
LookUp = Callable[[SecretReference], str | None]


def references(data: Any) -> Iterator[SecretReference]:
    """Return the references in decoded YAML or JSON, in the order of the places."""
    for place in PLACES:
        for path, text in _texts(data, place, ()):
            found = PATTERN.fullmatch(text)
            if found is not None:
                yield SecretReference(path, found[1], found[2])


def resolved(data: Any, look_up: LookUp) -> tuple[Any, list[SecretReference]]:
    """Return the data with the secrets in their places, and the references that lead nowhere.

    In place of the latter stand asterisks, which keep what is stored.
    """
    missing: list[SecretReference] = []
    for one in list(references(data)):
        secret = look_up(one)
        if secret is None:
            missing.append(one)
        data = _with(data, one.path, MASK if secret is None else secret)
    return data, missing


def stand_ins(data: Any) -> LookUp:
    """Return a look-up of texts that each place takes for its secret, for where nothing is ever sent with them."""

    def look_up(one: SecretReference) -> str:
        number = "".join(f"{part:04}" for part in one.path if isinstance(part, int))
        if one.path[-1] == "address":
            kind = data["users"][one.path[1]]["contact_points"][one.path[3]].get("kind")
            return number.zfill(PUSHOVER_LENGTH) if kind == "pushover" else f"https://secret.invalid/{number}"
        if str(one.path[-1]).startswith("ical_url"):
            return f"https://secret.invalid/{number}"
        return (
            SIGNING
            if one.path[-1] == "signing_secret"
            else f"secret{one.path[-2]}{number}{one.path[-1]}".replace("_", "")
        )

    return look_up


class VariableNames:
    """Makes names of environment variables for secrets, no two alike."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def reference(self, *words: str) -> str:
        """Return a reference to a variable named by these words."""
        name = re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper()).strip("_")
        name = f"_{name}" if not name or name[0].isdigit() else name
        number, free = 2, name
        while free in self._taken:
            number, free = number + 1, f"{name}_{number}"
        self._taken.add(free)
        return f"${{env:{free}}}"


def _texts(data: Any, place: Sequence[str], path: Path) -> Iterator[tuple[Path, str]]:
    if not place:
        if isinstance(data, str):
            yield path, data
        return
    key, rest = place[0], place[1:]
    if key == "*" and isinstance(data, list):
        for position, one in enumerate(data):
            yield from _texts(one, rest, (*path, position))
    elif isinstance(data, dict) and key in data:
        yield from _texts(data[key], rest, (*path, key))


def _with(data: Any, path: Path, value: str) -> Any:
    """Return a copy of the data with another text at a place."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(data, list):
        return [_with(one, rest, value) if position == key else one for position, one in enumerate(data)]
    return {name: _with(one, rest, value) if name == key else one for name, one in data.items()}
