"""The command `tocsin` as a process of its own, as shells run it: arguments, standard input, exit code."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

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
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("tocsin")),
        *arguments,
        env={**kept, **{name: value for name, value in reach.items() if value}, **(more or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(given.encode()), TIMEOUT_S)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())
