"""A real Alertmanager sends; one group, one chat message, one mail; a button stops it; a resolve ends it everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.story import AM_TOKEN, CONFIGURATION, FIRST, SECOND, WEB_TOKEN, Caller, calling, until
from tests.support.alertmanager import Alertmanager
from tests.support.slack_double import Shown, SlackDouble
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


async def post_control(stack: Stack, api: Caller) -> None:
    """Open a group that nobody takes: what happens to it later proves that time has passed for the other too."""
    url = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
    async with api.client.post(url, json={"alert_uid": "control", "title": "Control"}) as answer:
        assert answer.status in (200, 202)


def showing(slack: SlackDouble, *texts: str) -> Shown | None:
    """Return the message that shows all these texts, if there is one."""
    return next((one for one in slack.shown() if all(text in one.text for text in texts)), None)


async def test_two_alerts_of_alertmanager_are_one_group_one_post_one_mail_until_it_is_over(
    stack: Stack, mailbox: SmtpDouble, slack: SlackDouble, tmp_path: Path
) -> None:
    stack.move_clock(0)
    await stack.start(CONFIGURATION)
    url = f"{stack.url('receiver')}/integrations/v1/alertmanager/{AM_TOKEN}/"
    async with Alertmanager(url, tmp_path / "alertmanager") as alertmanager, calling(stack) as api:
        # Two alerts, one group, one message, one mail.
        await alertmanager.fire("DiskFull", instance="db1")
        await until(lambda: showing(slack, "DiskFull"))
        await alertmanager.fire("DiskFull", instance="db2")
        group = await api.the_group("firing", alerts_count=2)
        assert "DiskFull" in group["title"]
        [shown] = slack.shown()
        await until(lambda: mailbox.of(FIRST))

        # Alice presses Acknowledge: the message says so, and Bob is not paged although his time comes.
        status, _ = await slack.press(
            shown, "acknowledge", f"{stack.url('api')}/slack/interactive_api_endpoint/"
        )
        assert status == 200
        await api.the_group("acknowledged")
        await until(lambda: "*Acknowledged* by alice" in slack.shown()[0].text)
        await post_control(stack, api)
        await until(lambda: len(mailbox.of(FIRST)) == 2)
        stack.move_clock(90)
        [second] = await until(lambda: mailbox.of(SECOND))
        assert "Control" in second.text

        # Over at the source: resolved here, in the chat, for everybody; nobody is paged again.
        await alertmanager.resolve("DiskFull", instance="db1")
        await alertmanager.resolve("DiskFull", instance="db2")
        await api.the_group("resolved", "DiskFull")
        await until(lambda: "*Resolved*" in slack.shown()[0].text)
        assert len(slack.shown()) == 2
        assert len([one for one in mailbox.mails if "DiskFull" in one.message["Subject"]]) == 1
        timeline = await api.get(f"/api/v1/alert_groups/{group['id']}/timeline")
        assert "acknowledge" in str(timeline)
    assert mailbox.repeated() == set()
