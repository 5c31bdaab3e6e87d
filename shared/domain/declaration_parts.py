"""The pieces of a declaration that many of its objects share: a strict part, whose it is, a length of time."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_serializer

from shared.domain.labels import as_text

DURATION = re.compile(r"(\d+)\s*([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _seconds(value: Any) -> Any:
    """Read 90, "90s", "5m", "1h" as seconds; leave the rest to the validation."""
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) * SECONDS[found[2]] if found else value


Seconds = Annotated[int, BeforeValidator(_seconds)]
# A bare number, true or false is a label's text too.
LabelText = Annotated[str, BeforeValidator(lambda value: as_text(value) or value)]


class Part(BaseModel):
    """A piece of a declaration; a misspelt key is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Owned(Part):
    """An object of its own; `set` says which set owns it, where that is not the set of the whole declaration."""

    set: str | None = None


class OfTeam(Owned):
    """An object that may be a team's; `team` is a name, without one it is nobody's."""

    team: str | None = None


class Reference(Part):
    """What a name refers to; `team`, where written, says whose of several of this name is meant (null: nobody's)."""

    name: str
    team: str | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it is said whose."""
        return "team" in self.model_fields_set

    @model_serializer
    def _as_written(self) -> str | dict[str, str | None]:
        return {"name": self.name, "team": self.team} if self.is_exact else self.name


def _name_as_reference(value: Any) -> Any:
    """Read a bare name as a reference."""
    return {"name": value} if isinstance(value, str) else value


Named = Annotated[Reference, BeforeValidator(_name_as_reference, json_schema_input_type=str | Reference)]


class DeclaredReminder(Part):
    """Acknowledge reminders; what is not written is as the team or the installation says, 0 is never."""

    remind_after: Seconds | None = None
    unacknowledge_after: Seconds | None = None


class DeclaredResume(Part):
    """Where an escalation goes on after a silence and an unacknowledge."""

    after_silence: Literal["start", "continue"] = "start"
    after_unacknowledge: Literal["start", "continue"] = "start"
