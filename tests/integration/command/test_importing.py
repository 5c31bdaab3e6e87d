"""`tocsin import` reads another product and writes what `tocsin plan` reads; what is left out is told and counted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from services.api.offline import declared
from shared import clock
from shared.command.main import app_for
from shared.domain.configuration import ConfigSnapshot
from shared.domain.declaration import read
from shared.domain.declaration_source import read_sources
from shared.domain.secret_references import resolved, stand_ins
from tests.support.oncall_configuration import CALENDAR, TOKEN_OF_PROMETHEUS, configuration
from tests.support.oncall_double import KEY, OnCallDouble
from tests.support.pagerduty_configuration import configuration as pagerduty


def applied(text: str) -> ConfigSnapshot:
    """Return what a declaration makes of an empty installation."""
    source = read_sources({"oncall.yaml": text})
    data, _ = resolved(source.data, stand_ins(source.data))
    return declared(read(data), clock.now())


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
