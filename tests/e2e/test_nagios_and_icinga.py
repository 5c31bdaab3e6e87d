"""A real Nagios and a real Icinga 2 page through their commands, are acknowledged, and say what is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.story import FIRST, calling, one_integration, until
from tests.support.checked import HOST, SERVICE
from tests.support.icinga import Icinga
from tests.support.nagios import Nagios
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(240)]
TOKEN = "notificationtoken0000001"
TOOLS = {"nagios": Nagios, "icinga2": Icinga}


@pytest.mark.parametrize("slug", TOOLS)
async def test_what_happens_to_services_and_hosts_is_told_by_the_real_tool(
    slug: str, stack: Stack, mailbox: SmtpDouble, tmp_path: Path
) -> None:
    await stack.start(one_integration(slug, TOKEN))
    url = f"{stack.url('receiver')}/integrations/v1/{slug}/{TOKEN}/"
    async with TOOLS[slug](url, tmp_path / slug) as tool, calling(stack) as api:
        # A service fails: what the check says reaches Alice, whatever signs it holds.
        tool.checks.set("disk", 2, '96% used: "größer" $(id) > 95% | used=96%')
        group = await api.the_group("firing", f"{SERVICE} on {HOST} is CRITICAL", alerts_count=1)
        [page] = await until(lambda: mailbox.of(FIRST))
        assert '96% used: "größer" $(id) > 95%' in page.text

        # It is acknowledged in the tool, then it is over.
        tool.tell(f"ACKNOWLEDGE_SVC_PROBLEM;{HOST};{SERVICE};2;1;0;Bob;I look at it")
        await api.the_group("acknowledged", SERVICE, alerts_count=2)
        tool.checks.set("disk", 0, "61% used")
        over = await api.the_group("resolved", SERVICE, alerts_count=3)
        assert over["id"] == group["id"]

        # The host itself is another problem.
        tool.checks.set("host", 2, "no answer")
        await api.the_group("firing", f"{HOST} is DOWN", alerts_count=1)
        tool.checks.set("host", 0, "PING OK")
        await api.the_group("resolved", f"{HOST} is UP", alerts_count=2)
        assert len(await api.groups()) == 2
