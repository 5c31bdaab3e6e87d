"""A real Zabbix server pages through the webhook media type of the notes, is acknowledged, and says what is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.story import FIRST, calling, one_integration, until
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack
from tests.support.zabbix import Zabbix

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(240)]
TOKEN = "zabbixtoken0000000000001"


async def test_a_trigger_of_zabbix_pages_is_acknowledged_and_recovers(
    stack: Stack, mailbox: SmtpDouble, tmp_path: Path
) -> None:
    await stack.start(one_integration("zabbix", TOKEN))
    url = f"{stack.url('receiver')}/integrations/v1/zabbix/{TOKEN}/"
    async with Zabbix(url, tmp_path / "zabbix") as zabbix, calling(stack) as api:
        # zabbix_sender sends a value above the limit: what the operator wrote reaches Alice.
        await zabbix.send(96)
        group = await api.the_group("firing", "Disk /var is full on db1", alerts_count=1)
        [page] = await until(lambda: mailbox.of(FIRST))
        for text in ('"größer" $(id)', "Severity: High", "Used: 96 %", "db1, 192.0.2.21"):
            assert text in page.text
        assert "{" not in page.text

        # It is acknowledged in Zabbix, then the value is fine again.
        await zabbix.acknowledge()
        await api.the_group("acknowledged", "Disk /var is full on db1", alerts_count=2)
        await zabbix.send(61)
        over = await api.the_group("resolved", "Disk /var is full on db1", alerts_count=3)
        assert over["id"] == group["id"]

        # The next time it is another problem.
        await zabbix.send(97)
        await until(lambda: len(mailbox.of(FIRST)) == 2)
        assert len(await api.groups()) == 2
