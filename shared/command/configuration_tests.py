"""`tocsin test`: what a declaration makes of alerts and actions, held against what tests expect, without a server."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import orjson
import typer

from shared import clock, log
from shared.command.failure import CommandFailed
from shared.command.junit import CaseResult, junit_xml
from shared.command.output import Format, Output, print_json
from shared.domain.conditions import ConditionJob
from shared.domain.configuration import ConfigSnapshot
from shared.domain.declaration import DeclarationRefused, read
from shared.domain.declaration_source import Source, SourceRefused, read_sources
from shared.domain.rehearsal import Acted, Rehearsed, Sent, rehearse
from shared.domain.rehearsal_cases import Case, read_cases
from shared.domain.rehearsal_inputs import inputs_of
from shared.domain.rehearsal_paging import Ask
from shared.domain.rehearsal_verdict import differences
from shared.domain.secret_references import resolved, stand_ins
from shared.domain.template_jobs import RouteJob
from shared.errors import Permanent, Transient
from shared.sandbox import Sandbox

FAILED, UNUSABLE = 1, 2

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML files of tests")]
Config = Annotated[
    Path,
    typer.Option("--config", "-c", help="the declaration that is tested: a YAML file or a folder of them"),
]
Junit = Annotated[Path | None, typer.Option("--junit", help="write the results as JUnit XML into this file")]
Only = Annotated[str, typer.Option("--name", "-k", help="only tests with this text in their name")]


class Ready(NamedTuple):
    """A test that can be played."""

    file: str
    case: Case
    inputs: list[Sent | Acted]


def run_tests(
    files: Files,
    config: Config,
    junit: Junit = None,
    only: Only = "",
    output: Output = Format.SIMPLE,
) -> None:
    """Test a declaration: alerts come, people act, and groups, routes, pages and texts must be as expected.

    Exit code 0: all as expected. 1: something is not. 2: a file cannot be used. Nothing is sent or stored.
    """
    with _unusable_told():
        declared = _configuration(config)
        ready = [one for file in files for one in _cases(file, declared) if only in one.case.name]
        if not ready:
            raise CommandFailed(f"no test has {only!r} in its name" if only else "there is no test")
        log.configure("console", "error")
        results = asyncio.run(_results(ready, declared))
        if junit is not None:
            _write(junit, junit_xml(results))
    _show(results, output)
    if any(one.differences for one in results):
        raise typer.Exit(FAILED)


@contextmanager
def _unusable_told() -> Iterator[None]:
    try:
        yield
    except (CommandFailed, Permanent, Transient) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(UNUSABLE) from error


def _configuration(path: Path) -> ConfigSnapshot:
    source = _source(_texts(path))
    # Nothing is sent, so no secret is needed.
    source.data, _ = resolved(source.data, stand_ins(source.data))
    offline = importlib.import_module("services.api.offline")
    try:
        found: ConfigSnapshot = offline.declared(read(source.data), clock.now())
    except DeclarationRefused as refused:
        raise CommandFailed(_mistakes(source, refused)) from refused
    return found


def _cases(file: Path, config: ConfigSnapshot) -> list[Ready]:
    source = _source({str(file): _text(file)})
    try:
        cases = read_cases(source.data)
        payloads = _payloads(file.parent, cases)
        return [
            Ready(str(file), case, inputs_of(case, ("tests", place), config, payloads))
            for place, case in enumerate(cases)
        ]
    except DeclarationRefused as refused:
        raise CommandFailed(_mistakes(source, refused)) from refused


def _payloads(folder: Path, cases: Sequence[Case]) -> Mapping[str, Any]:
    """Return the payload files that tests name, decoded; their names are relative to the file of the tests."""
    alerts = [step.alert for case in cases for step in case.steps if step.alert is not None]
    names = dict.fromkeys(one.payload_file for one in alerts if one.payload_file is not None)
    return {name: _json(folder / name) for name in names}


async def _results(ready: Sequence[Ready], config: ConfigSnapshot) -> list[CaseResult]:
    async with Sandbox() as sandbox:
        return [await _result(one, config, sandbox) for one in ready]


async def _result(ready: Ready, config: ConfigSnapshot, sandbox: Sandbox) -> CaseResult:
    began_s = clock.monotonic_s()
    found = await _played(ready, config, sandbox)
    differ = differences(ready.case, found, config)
    return CaseResult(ready.file, ready.case.name, clock.monotonic_s() - began_s, tuple(differ))


async def _played(ready: Ready, config: ConfigSnapshot, sandbox: Sandbox) -> Rehearsed:
    at, ends_at = ready.case.at, ready.case.ends_at
    playing = rehearse(ready.inputs, config, at, ends_at)
    answer: Any = None
    while True:
        try:
            asked = playing.send(answer)
        except StopIteration as end:
            found: Rehearsed = end.value
            return found
        answer = await _answer(sandbox, asked)


async def _answer(sandbox: Sandbox, asked: Ask) -> Any:
    job, at = asked
    if isinstance(job, RouteJob):
        return (await sandbox.route([job], at))[0]
    if isinstance(job, ConditionJob):
        return (await sandbox.condition([job], at))[0]
    return (await sandbox.render([job], at))[0]


def _show(results: Sequence[CaseResult], output: Format) -> None:
    failed = sum(bool(one.differences) for one in results)
    if output is Format.JSON:
        shown = [
            {
                "file": one.file,
                "name": one.name,
                "passed": not one.differences,
                "differences": one.differences,
            }
            for one in results
        ]
        print_json({"tests": len(results), "failed": failed, "results": shown})
        return
    for one in results:
        typer.secho(
            f"{'FAIL' if one.differences else 'ok  '}  {one.name}", fg="red" if one.differences else None
        )
        for difference in one.differences:
            typer.echo(f"      {difference}")
    typer.echo(f"{len(results)} tests, {failed} failed")


def _source(texts: Mapping[str, str]) -> Source:
    try:
        return read_sources(texts)
    except SourceRefused as refused:
        raise CommandFailed(str(refused)) from refused


def _texts(path: Path) -> dict[str, str]:
    if not path.is_dir():
        return {str(path): _text(path)}
    files = sorted(one for one in path.iterdir() if one.suffix in (".yaml", ".yml") and one.is_file())
    if not files:
        raise CommandFailed(f"{path} has no .yaml file")
    return {str(one): _text(one) for one in files}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{path} cannot be read: {error}") from error


def _json(path: Path) -> Any:
    try:
        return orjson.loads(_text(path))
    except orjson.JSONDecodeError as error:
        raise CommandFailed(f"{path} is not JSON: {error}") from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written: {error.strerror}") from error


def _mistakes(source: Source, refused: DeclarationRefused) -> str:
    lines = []
    for fault in refused.faults:
        inside = ".".join(str(part) for part in fault.path)
        lines.append(
            ": ".join(str(part) for part in (source.place_of(fault.path), inside, fault.message) if part)
        )
    return "\n".join(lines)
