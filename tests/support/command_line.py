"""The command `tocsin` as a process of its own, as shells run it: arguments, standard input, exit code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tests.support import forking

TIMEOUT_S = 60


@dataclass(frozen=True)
class Done:
    """How it ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, decoded."""
        return orjson.loads(self.out)


async def tocsin(
    *arguments: str, url: str = "", token: str = "", given: str = "", more: Mapping[str, str] | None = None
) -> Done:
    """Run the command against an api; `given` is its standard input, `more` its environment besides."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TOCSIN_", "XDG_"))}
    reach = {"TOCSIN_API_URL": url, "TOCSIN_API_TOKEN": token}
    code, out, err = await forking.done(
        *(forking.COMMAND_LINE, *arguments),
        environment={**kept, **{name: value for name, value in reach.items() if value}, **(more or {})},
        timeout_s=TIMEOUT_S,
        given=given.encode(),
    )
    return Done(code, out.decode(), err.decode())
