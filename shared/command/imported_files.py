"""What an import writes: a declaration that was carried out before anybody sees it, and its secrets apart."""

from __future__ import annotations

import importlib
import os
import shlex
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from shared.command.export import as_yaml
from shared.command.failure import CommandFailed
from shared.domain.declaration import DeclarationRefused, Fault, read
from shared.domain.imported import Imported
from shared.domain.imported_pruning import pruned
from shared.domain.secret_references import SecretReference, references, resolved, stand_ins

ONLY_ITS_OWNER = 0o600
# Each round takes something out; what refers to that goes with the next one.
MOST_ROUNDS = 50
HEAD = """\
# Secrets of {declaration}: only for its owner's eyes, and never into a repository.
# set -a; . {file}; set +a      puts them where `tocsin plan` and `tocsin apply` look for them.
"""
NOT_TOLD = "# not told by the API; enter it and take the # away"


def checked(imported: Imported, now: datetime) -> Imported:
    """Return an import that can be applied: what is refused is taken out and noted, until nothing is.

    Raises:
        CommandFailed: that has no end.
    """
    for _ in range(MOST_ROUNDS):
        faults = _faults(imported, now)
        if not faults:
            return _with_secrets_in_use(imported)
        declaration, notes = pruned(imported.declaration, faults)
        if not notes:
            break
        imported = replace(imported, declaration=declaration, notes=(*imported.notes, *notes))
    first = faults[0]
    place = ".".join(str(one) for one in first.path)
    raise CommandFailed(f"what was read makes no declaration: {place}: {first.message}")


def write(imported: Imported, out: Path | None, secrets: Path | None) -> None:
    """Write the declaration to a file or to standard output, and the secrets to a file that only its owner reads.

    Raises:
        CommandFailed: a file cannot be written.
    """
    if secrets is not None:
        text = HEAD.format(declaration=out or "an import", file=shlex.quote(str(secrets)))
        _write(secrets, text + "".join(_line(name, value) for name, value in imported.secrets.items()))
    text = as_yaml(imported.declaration)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written: {error.strerror}") from error


def _faults(imported: Imported, now: datetime) -> list[Fault]:
    """Return what an empty installation would refuse, with the secrets that are known."""
    stand_in = stand_ins(imported.declaration)

    def look_up(one: SecretReference) -> str | None:
        return imported.secrets.get(one.target) or stand_in(one)

    data, _ = resolved(imported.declaration, look_up)
    offline: Any = importlib.import_module("services.api.offline")
    try:
        offline.declared(read(data), now)
    except DeclarationRefused as refused:
        return refused.faults
    return []


def _with_secrets_in_use(imported: Imported) -> Imported:
    """Leave out the secrets of what was taken out."""
    used = {one.target for one in references(imported.declaration)}
    return replace(imported, secrets={name: one for name, one in imported.secrets.items() if name in used})


def _line(name: str, value: str | None) -> str:
    return f"{name}={shlex.quote(value)}\n" if value is not None else f"{NOT_TOLD}\n# {name}=\n"


def _write(file: Path, text: str) -> None:
    """Replace a file at once, so that nobody finds it half written or open to others."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        scratch.unlink(missing_ok=True)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_ITS_OWNER), "w") as handle:
            handle.write(text)
        scratch.replace(file)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}") from error
