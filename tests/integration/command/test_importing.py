"""`tocsin import` reads another product and writes what `tocsin plan` reads; what is left out is told and counted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.api.offline import declared
from shared import clock
from shared.command.export import as_yaml
from shared.command.imported_files import checked
from shared.command.main import app_for
from shared.domain.configuration import ConfigSnapshot
from shared.domain.declaration import read
from shared.domain.declaration_source import read_sources
from shared.domain.imported_oncall import imported_oncall
from shared.domain.secret_references import resolved, stand_ins
from tests.integration.api.api_running import an_api
from tests.support.command_line import tocsin
from tests.support.oncall_configuration import CALENDAR, TOKEN_OF_PROMETHEUS, configuration
from tests.support.oncall_double import KEY, OnCallDouble
from tests.support.pagerduty_configuration import configuration as pagerduty


def applied(text: str) -> ConfigSnapshot:
    """Return what a declaration makes of an empty installation."""
    source = read_sources({"oncall.yaml": text})
    data, _ = resolved(source.data, stand_ins(source.data))
    return declared(read(data), clock.now())


def without_defaults(text: str) -> dict[str, Any]:
    """Return a declaration without what is as by default, secrets as stand-ins."""
    data = read_sources({"oncall.yaml": text}).data
    return read(resolved(data, stand_ins(data))[0]).model_dump(exclude_defaults=True)


def run(*arguments: str, key: str = KEY) -> Result:
    whole = ("import", *arguments)
    return CliRunner().invoke(app_for(whole), whole, env={"ONCALL_API_TOKEN": key})


async def imported(double: OnCallDouble, *more: str, key: str = KEY) -> Result:
    """Run the command while the double answers it."""
    return await asyncio.to_thread(run, "oncall", "--url", double.url, *more, key=key)


async def test_an_oncall_is_read_page_by_page_however_often_it_asks_to_wait(tmp_path: Path):
    out, secrets = tmp_path / "oncall.yaml", tmp_path / "oncall.env"
    async with OnCallDouble(configuration()) as double:
        double.faults.limited = 3

        done = await imported(double, "-o", str(out), "--secrets", str(secrets))

    assert (done.exit_code, done.stdout, double.violations) == (3, "", [])
    config = applied(out.read_text())
    assert (len(config.users), len(config.schedules), len(config.integrations)) == (3, 4, 4)
    assert done.stderr.count("waiting 0 s") == 3
    assert "left out: user alice: OnCall's API does not tell telephone numbers" in done.stderr
    assert secrets.stat().st_mode & 0o777 == 0o600
    known = dict(one.split("=", 1) for one in secrets.read_text().splitlines() if not one.startswith("#"))
    assert known["INTEGRATION_PROMETHEUS_TOKEN"] == TOKEN_OF_PROMETHEUS
    assert known["SCHEDULE_VENDOR_ICAL_URL_PRIMARY"].strip("'") == CALENDAR
    # No secret stands in the declaration or at the terminal.
    assert not [one for one in (TOKEN_OF_PROMETHEUS, CALENDAR, KEY) if one in out.read_text() + done.stderr]


async def test_where_everything_is_taken_over_the_exit_code_is_0_and_the_declaration_on_standard_output():
    rows: dict[str, Any] = {name: [] for name in configuration()}
    rows["teams"] = configuration()["teams"]
    del rows["shift_swaps"]  # an older OnCall
    async with OnCallDouble(rows) as double:
        done = await imported(double)

    assert (done.exit_code, [one.name for one in applied(done.stdout).teams]) == (0, ["Databases"])
    assert "no list of shift_swaps" in done.stderr


async def test_a_token_that_is_refused_ends_the_import_with_nothing_written(tmp_path: Path):
    out = tmp_path / "oncall.yaml"
    async with OnCallDouble(configuration()) as double:
        done = await imported(double, "-o", str(out), key="wrong")

    assert (done.exit_code, done.stdout, out.exists()) == (1, "", False)
    assert "refuses the token" in done.stderr


def test_pagerdutys_lists_are_read_from_files_page_by_page_and_a_page_that_is_missing_is_told(
    tmp_path: Path,
):
    rows = pagerduty()
    primary, unread = rows.pop("schedules")
    users, more = rows.pop("users"), {"limit": 2, "offset": 0, "more": True}
    pages = [{"users": users[:2], **more}, {"users": users[2:], "limit": 2, "offset": 2, "more": False}]
    # The list has no layers; the answer for the one schedule has.
    listed = {name: value for name, value in primary.items() if name != "schedule_layers"}
    saved = {
        "users": pages,
        "schedules": {"schedules": [listed, unread], **more},
        "one": {"schedule": primary},
    }
    files = {**saved, **{name: {name: found} for name, found in rows.items()}}
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))

    done = run("pagerduty", *(str(tmp_path / name) for name in files))

    config = applied(done.stdout)
    assert (done.exit_code, len(config.users), len(config.shifts)) == (3, 3, 3)
    assert "schedules: the export holds 2 and says that there are more" in done.stderr
    assert "users: the export" not in done.stderr


@pytest.mark.integration
async def test_what_was_imported_is_applied_with_its_secrets_and_reads_the_same_from_the_api_of_oncall_here(
    mongo_url: str, tmp_path: Path
):
    first = checked(imported_oncall(configuration(), "oncall", clock.now()), clock.now())
    file = tmp_path / "oncall.yaml"
    file.write_text(as_yaml(first.declaration))
    secrets = {name: value or "entered by hand" for name, value in first.secrets.items()}

    async with an_api(mongo_url, tmp_path / "api", inbound_email_domain="in.example.org") as api:
        # As processes: the log of the api must not go where the command prints.
        done = await tocsin("apply", "-f", str(file), "--yes", url=api.url, token=api.token, more=secrets)
        found = await tocsin("import", "oncall", "--url", api.url, more={"ONCALL_API_TOKEN": api.token})

    assert (done.code, found.code) == (0, 3), (done, found)
    assert without_defaults(found.out) == without_defaults(file.read_text())
