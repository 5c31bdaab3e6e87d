"""What every piece of a declaration is made of: strict keys, and durations as people write them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

DURATION = re.compile(r"(\d+)\s*([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class Part(BaseModel):
    """A piece of a declaration; a misspelt key is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _seconds(value: Any) -> Any:
    """Read 90, "90s", "5m", "1h" as seconds; leave the rest to the validation."""
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) * SECONDS[found[2]] if found else value


Seconds = Annotated[int, BeforeValidator(_seconds)]
