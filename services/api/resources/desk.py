"""Where configuration objects are edited: the draft, and the few tools that an edit needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from services.api.refusals import Invalid, Refused
from shared.domain.configuration import Team, User
from shared.domain.configuration_draft import TABLE_OF, Draft
from shared.domain.model import Frozen
from shared.domain.public_ids import Below, public_id
from shared.secrets import Secrets

# Whole numbers beyond it cannot be stored.
WIDEST = 2**63
R = TypeVar("R", bound=Frozen)
B = TypeVar("B", bound="Body")


def _flag(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


# True or false; OnCall takes them as words too, and one of its migration tools writes "False".
Flag = Annotated[bool, BeforeValidator(_flag)]


class Body(BaseModel):
    """What a client sends. A field that is missing is left as it is; null puts it back to its default."""

    model_config = ConfigDict(extra="ignore", strict=True)

    def sent(self, name: str) -> bool:
        """Whether the client sent the field, null included."""
        return name in self.model_fields_set


@dataclass(frozen=True)
class Tools:
    """What edits and answers need besides the draft, the time among it; no clock and no I/O."""

    secrets: Secrets
    below: Below
    public_url: str
    ingest_url: str
    now: datetime
    mail_domain: str = ""


@dataclass(frozen=True)
class Desk:
    """A draft and the tools: the first argument of every function over configuration objects."""

    draft: Draft
    tools: Tools
    user: User | None = None

    def new_id(self, model: type[Frozen]) -> str:
        """Return an unused id for a row of this kind."""
        return public_id(TABLE_OF[model], self.tools.below)

    def check_own(self, user_id: str) -> None:
        """Let admins change what is a person's, and the person.

        Raises:
            Refused: 403, somebody else asks.
        """
        if self.user is not None and self.user.role != "admin" and self.user.id != user_id:
            raise Refused.because(403, "Only an admin may change what is another person's.")

    def existing(self, model: type[R], row_id: str | None, field: str) -> R | None:
        """Return the row that a field refers to; None and "" refer to nothing.

        Raises:
            Invalid: there is no such row.
        """
        if not row_id:
            return None
        found = self.draft.get(model, row_id)
        if found is None:
            raise Invalid.field(field, f"There is no object with id {row_id}.")
        return found

    def team_id(self, team_id: str | None, field: str = "team_id") -> str | None:
        """Return the team id to store: "" and null both mean no team."""
        self.existing(Team, team_id, field)
        return team_id or None


@dataclass(frozen=True)
class Resource(Generic[R, B]):
    """One kind of configuration object in the public API.

    `select(desk, query)` filters and orders; `create`, `change` and `remove` edit the desk's draft and
    raise `Refused`. A kind without them is read-only.
    """

    name: str
    model: type[R]
    show: Callable[[Desk, R, dict[str, str]], dict[str, Any]]
    select: Callable[[Desk, dict[str, str]], list[R]]
    body: type[B]
    page_size: int = 50
    create: Callable[[Desk, B], R] | None = None
    change: Callable[[Desk, R, B], R] | None = None
    remove: Callable[[Desk, R], None] | None = None


def parse(body: type[B], data: Any) -> B:
    """Read a client's JSON object.

    Raises:
        Invalid: a field has the wrong type; the field is named.
    """
    if not isinstance(data, dict):
        raise Invalid({"non_field_errors": ["The body must be a JSON object."]})
    wide = [name for name, value in data.items() if isinstance(value, int) and not -WIDEST <= value < WIDEST]
    if wide:
        raise Invalid({name: ["The number is too large."] for name in wide})
    try:
        return body.model_validate(data)
    except ValidationError as error:
        raise Invalid(by_field(error)) from error


def by_field(error: ValidationError) -> dict[str, list[str]]:
    """Return the sentences of a failed validation by field, as clients read them."""
    found: dict[str, list[str]] = {}
    for one in error.errors():
        field, *inner = [str(part) for part in one["loc"] if not str(part).startswith("function-")] or [""]
        prefix = f"{'.'.join(inner)}: " if inner else ""
        found.setdefault(field or "non_field_errors", []).append(f"{prefix}{one['msg']}.")
    return found


def required(value: str | None, field: str) -> str:
    """Return a text that must be there.

    Raises:
        Invalid: missing, null or blank.
    """
    if value is None or not value.strip():
        raise Invalid.field(field, "This field is required.")
    return value


def at_most(value: str | None, length: int, field: str) -> None:
    """Check the length of a text in characters.

    Raises:
        Invalid: it is longer.
    """
    if value is not None and len(value) > length:
        raise Invalid.field(field, f"No more than {length} characters.")


def of_team(rows: list[R], query: dict[str, str]) -> list[R]:
    """Keep the rows of the team that the query asks for; the word null means no team."""
    if "team_id" not in query:
        return rows
    wanted = None if query["team_id"] in ("null", "") else query["team_id"]
    return [one for one in rows if getattr(one, "team_id", None) == wanted]


def named(rows: list[R], query: dict[str, str]) -> list[R]:
    """Keep the rows whose name is exactly the one that the query asks for."""
    if "name" not in query:
        return rows
    return [one for one in rows if getattr(one, "name", None) == query["name"]]
