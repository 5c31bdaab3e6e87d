"""Contexts of the command line: apis by name, each with its token, in a file that only its owner reads."""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shared.command.failure import CommandFailed
from shared.config import environment

ONLY_ITS_OWNER = 0o600
# What `tocsin --context` named; empty: nothing.
CHOSEN: ContextVar[str] = ContextVar("context", default="")


@dataclass(frozen=True)
class Context:
    """One api; the token is for it alone."""

    name: str
    url: str
    token: str


class Contexts:
    """The file of contexts: `tocsin/contexts.json` under XDG_CONFIG_HOME, or under ~/.config."""

    def __init__(self) -> None:
        home = environment("XDG_CONFIG_HOME")
        self.file = (Path(home) if home else Path.home() / ".config") / "tocsin" / "contexts.json"
        self._data: dict[str, Any] = {"current": "", "contexts": {}}
        if self.file.is_file():
            try:
                self._data |= orjson.loads(self.file.read_bytes())
            except (OSError, orjson.JSONDecodeError) as error:
                raise CommandFailed(f"{self.file} cannot be read: {error}") from error

    @property
    def current(self) -> str:
        """The name of the context in use; empty: none is."""
        return str(self._data["current"])

    def all(self) -> list[Context]:
        """Return every context by name."""
        return [self._context(name) for name in sorted(self._data["contexts"])]

    def get(self, name: str = "") -> Context | None:
        """Return a context, without a name the one in use; None: none is.

        Raises:
            CommandFailed: there is no context of this name.
        """
        wanted = name or self.current
        if not wanted:
            return None
        if wanted not in self._data["contexts"]:
            known = ", ".join(sorted(self._data["contexts"])) or "none"
            raise CommandFailed(f"There is no context {wanted}; there are: {known}")
        return self._context(wanted)

    def put(self, context: Context) -> None:
        """Add a context or replace it; the first one is in use."""
        self._data["contexts"][context.name] = {"url": context.url, "token": context.token}
        self._write(self.current or context.name)

    def use(self, name: str) -> None:
        """Have commands talk to this one from now on; raises like `get`."""
        self.get(name)
        self._write(name)

    def remove(self, name: str) -> None:
        """Forget a context with its token; raises like `get`."""
        self.get(name)
        del self._data["contexts"][name]
        self._write("" if self.current == name else self.current)

    def _context(self, name: str) -> Context:
        found = self._data["contexts"][name]
        return Context(name, str(found["url"]), str(found["token"]))

    def _write(self, current: str) -> None:
        """Replace the file at once, so that nobody reads half of it or finds it open to others."""
        self._data["current"] = current
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = self.file.with_suffix(f".{os.getpid()}")
        scratch.unlink(missing_ok=True)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_ITS_OWNER), "wb") as file:
            file.write(orjson.dumps(self._data, option=orjson.OPT_INDENT_2))
        scratch.replace(self.file)
