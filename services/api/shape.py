"""What every shape of an answer is: an object whose keys are all known."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """An object whose keys are all there, and no others."""

    model_config = ConfigDict(extra="forbid")
