"""Declarations as the command line reads them: a file, a folder or standard input, with their secrets filled in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.command.failure import CommandFailed
from shared.config import environment
from shared.domain.declaration import DeclarationRefused, read
from shared.domain.declaration_source import Source, SourceRefused, read_sources
from shared.domain.secret_references import SecretReference, resolved

STANDARD_INPUT = "standard input"
# So many names are told at most.
MOST_NAMED = 5

File = Annotated[
    Path, typer.Option("--file", "-f", help="a YAML file, a folder of them, or - for standard input")
]


def read_declaration(file: Path, *, quiet: bool = False) -> Source:
    """Read a declaration, check what can be checked here, and put secrets in the places of their references.

    A variable that is not set, or a file that is not there, leaves what is stored; standard error says so.

    Raises:
        CommandFailed: with one line for each mistake, file and line first.
    """
    try:
        source = read_sources(_texts(file))
    except SourceRefused as refused:
        raise CommandFailed(str(refused)) from refused
    source.data, missing = resolved(source.data, lambda one: _secret(source, one))
    try:
        read(source.data)
    except DeclarationRefused as refused:
        faults = [{"path": list(one.path), "message": one.message} for one in refused.faults]
        raise CommandFailed(mistakes(source, faults)) from refused
    if missing and not quiet:
        typer.secho(_kept(missing), err=True, fg="yellow")
    return source


def mistakes(source: Source, faults: list[dict[str, Any]]) -> str:
    """Return one line for each mistake: where it stands, and what is wrong."""
    lines = []
    for fault in faults:
        place = source.place_of(fault["path"])
        inside = ".".join(str(part) for part in fault["path"])
        lines.append(": ".join(str(part) for part in (place, inside, fault["message"]) if part))
    return "\n".join(lines)


def _texts(file: Path) -> dict[str, str]:
    if str(file) == "-":
        return {STANDARD_INPUT: sys.stdin.read()}
    files = [file]
    if file.is_dir():
        files = sorted(one for one in file.iterdir() if one.suffix in (".yaml", ".yml") and one.is_file())
        if not files:
            raise CommandFailed(f"{file} has no .yaml file")
    try:
        return {str(one): one.read_text(encoding="utf-8") for one in files}
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error


def _secret(source: Source, wanted: SecretReference) -> str | None:
    """Return what a reference names; files are looked for beside the declaration, and a last line break is no part."""
    if wanted.kind == "env":
        return environment(wanted.target)
    place = source.place_of(wanted.path)
    folder = Path(place.file).parent if place is not None and place.file != STANDARD_INPUT else Path()
    file = folder / Path(wanted.target).expanduser()
    if not file.exists():
        return None
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n") or None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{place}: {wanted.text} cannot be read: {error}") from error


def _kept(missing: list[SecretReference]) -> str:
    names = ", ".join(one.text for one in missing[:MOST_NAMED])
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    return f"{len(missing)} secrets are not given here and stay as they are stored: {names}{more}"
