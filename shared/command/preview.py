"""`tocsin preview`: what templates make of a payload, without a server and without trusting them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import yaml

from shared import clock, log
from shared.command.failure import CommandFailed
from shared.command.output import print_json
from shared.domain.configuration import Templates
from shared.domain.template_jobs import BEHAVIOURAL, IMAGE, MESSAGE, PARTS, TITLE, PreviewJob
from shared.errors import Permanent
from shared.integrations import all_types, by_slug
from shared.integrations.integration_type import NotAnAlert
from shared.sandbox import Sandbox

BAD_INPUT = 2
# So many lines are evaluated before their results are printed.
BATCH_JOBS = 64
ITEM_FIELDS = {"type", "payload", "templates"}

Type = Annotated[str | None, typer.Option("--type", help="integration type, such as alertmanager")]
PayloadFile = Annotated[
    Path | None, typer.Option("--payload", help="the payload, a JSON file; -: standard input")
]
TemplatesFile = Annotated[
    Path | None, typer.Option("--templates", help="YAML or JSON file: the public API's template object")
]
BatchFile = Annotated[
    Path | None,
    typer.Option("--batch", help='JSONL file of {"type", "payload", "templates"?}; -: standard input'),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="add why it is grouped so, and what each medium makes of the texts")
]
EXPLAINING = {"grouping_reason", "cards", "route_id", "routes", "title", "labels"}


def preview(
    type: Type = None,
    payload: PayloadFile = None,
    templates: TemplatesFile = None,
    batch: BatchFile = None,
    explain: Explain = False,
) -> None:
    """Show what the templates of an integration make of a payload, as JSON; failures are under "errors".

    Exit code 2: the input is not what it should be.
    """
    with _bad_input_told():
        jobs = list(_jobs_of_lines(batch)) if batch else [_job_of_files(type, payload, templates)]
    log.configure("console", "error")
    asyncio.run(_print_previews(jobs, lines=batch is not None, explain=explain))


@contextmanager
def _bad_input_told() -> Iterator[None]:
    try:
        yield
    except CommandFailed as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(BAD_INPUT) from error


async def _print_previews(jobs: list[PreviewJob], *, lines: bool, explain: bool) -> None:
    left_out = set() if explain else EXPLAINING
    async with Sandbox() as sandbox:
        for start in range(0, len(jobs), BATCH_JOBS):
            for one in await sandbox.preview(jobs[start : start + BATCH_JOBS], clock.now()):
                _print(one.model_dump(exclude=left_out), lines)


def _print(shown: dict[str, Any], line: bool) -> None:
    if line:
        sys.stdout.write(orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE).decode())
        sys.stdout.flush()
    else:
        print_json(shown)


def _job_of_files(slug: str | None, payload: Path | None, templates: Path | None) -> PreviewJob:
    if slug is None:
        raise CommandFailed("--type is missing (or give --batch)")
    if payload is None:
        raise CommandFailed("--payload is missing (or give --batch)")
    body = _json(_read(payload, "--payload"), f"--payload {payload}")
    given = _yaml(templates) if templates else None
    return _job(slug, body, given, ("--type", "--payload", "--templates"))


def _jobs_of_lines(batch: Path) -> Iterator[PreviewJob]:
    for number, line in enumerate(_read(batch, "--batch").splitlines(), start=1):
        where = f"--batch line {number}"
        if not line.strip():
            continue
        item = _json(line, where)
        if not isinstance(item, dict):
            raise CommandFailed(f"{where}: must be a JSON object")
        for name in sorted(set(item) - ITEM_FIELDS):
            raise CommandFailed(f"{where}: {name}: unknown field; known are type, payload, templates")
        for name in ("type", "payload"):
            if name not in item:
                raise CommandFailed(f"{where}: {name}: is missing")
        names = (f"{where}: type", f"{where}: payload", f"{where}: templates")
        yield _job(item["type"], item["payload"], item.get("templates"), names)


def _job(slug: Any, body: Any, given: Any, names: tuple[str, str, str]) -> PreviewJob:
    """Make one job; `names` say where type, payload and templates came from."""
    found = by_slug(slug) if isinstance(slug, str) else None
    if found is None:
        known = ", ".join(one.slug for one in all_types())
        raise CommandFailed(f"{names[0]}: unknown integration type {slug!r}; known are {known}")
    try:
        (payload, *_) = found.split(body)
    except (Permanent, NotAnAlert) as refusal:
        raise CommandFailed(f"{names[1]}: {refusal.reason}") from refusal
    return PreviewJob(type=found.slug, payload=payload, templates=_templates(given, names[2]))


def _templates(given: Any, where: str) -> Templates:
    """Check the shape of a template object; what is wrong inside a template is for the result to tell."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise CommandFailed(f"{where}: must be an object of templates")
    for name, value in given.items():
        at = f"{where}: {name}"
        if name in BEHAVIOURAL:
            _check_text(value, at)
        elif name in PARTS:
            _check_parts(value, at)
        else:
            raise CommandFailed(f"{at}: unknown template; known are {', '.join((*BEHAVIOURAL, *PARTS))}")
    return given


def _check_parts(value: Any, at: str) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise CommandFailed(f"{at}: must be an object with title, message or image_url")
    for part, text in value.items():
        if part not in (TITLE, MESSAGE, IMAGE):
            raise CommandFailed(f"{at}.{part}: unknown part; known are title, message, image_url")
        _check_text(text, f"{at}.{part}")


def _check_text(value: Any, at: str) -> None:
    if value is not None and not isinstance(value, str):
        raise CommandFailed(f"{at}: must be a text or null")


def _read(path: Path, option: str) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{option} {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{option} {path}: is not UTF-8 text") from error


def _json(text: str, where: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CommandFailed(f"{where}: is not JSON: {error}") from error


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(_read(path, "--templates"))
    except yaml.YAMLError as error:
        raise CommandFailed(f"--templates {path}: is not YAML: {' '.join(str(error).split())}") from error
