"""The pieces of a declaration that many of its objects share: a strict part, a length of time, reminders."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

DURATION = re.compile(r"(\d+)\s*([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _seconds(value: Any) -> Any:
    """Read 90, "90s", "5m", "1h" as seconds; leave the rest to the validation."""
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) * SECONDS[found[2]] if found else value


Seconds = Annotated[int, BeforeValidator(_seconds)]


class Part(BaseModel):
    """A piece of a declaration; a misspelt key is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredReminder(Part):
    """Acknowledge reminders; what is not written is as the team or the installation says, 0 is never."""

    remind_after: Seconds | None = None
    unacknowledge_after: Seconds | None = None


class DeclaredResume(Part):
    """Where an escalation goes on after a silence and an unacknowledge."""

    after_silence: Literal["start", "continue"] = "start"
    after_unacknowledge: Literal["start", "continue"] = "start"
