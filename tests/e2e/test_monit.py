"""A real Monit starts the script when a test fails and when it succeeds again; each test is a problem of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.story import FIRST, calling, one_integration, until
from tests.support.monit import Monit
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(240)]
TOKEN = "monittoken00000000000001"


async def test_monit_tells_of_its_programs_and_files(
    stack: Stack, mailbox: SmtpDouble, tmp_path: Path
) -> None:
    await stack.start(one_integration("monit", TOKEN))
    url = f"{stack.url('receiver')}/integrations/v1/monit/{TOKEN}/"
    async with Monit(url, tmp_path / "monit") as monit, calling(stack) as api:
        # A program ends with 3: what it said reaches Alice.
        monit.checks.set("backup", 3, 'no backup: "größer" $(id) > 95%')
        group = await api.the_group("firing", "backup on", alerts_count=1)
        [page] = await until(lambda: mailbox.of(FIRST))
        assert 'no backup: "größer" $(id) > 95%' in page.text
        assert "Exit status: 3" in page.text
        monit.checks.set("backup", 0, "backup of today is complete")
        over = await api.the_group("resolved", "backup on", alerts_count=2)
        assert over["id"] == group["id"]

        # A file is gone, and is back, but too large: another problem of the same service.
        monit.file.unlink()
        await api.the_group("firing", "certificate on", alerts_count=1)
        monit.file.write_text("certificate" * 1000)
        await until(lambda: len([one for one in mailbox.of(FIRST) if "certificate" in one.text]) == 2)
        states = {one["state"] for one in await api.groups() if "certificate on" in one["title"]}
        assert states == {"firing", "resolved"}
