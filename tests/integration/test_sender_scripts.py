"""The scripts that Nagios, Icinga 2, Checkmk and Monit start: whatever a check says arrives, once, and readable."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.senders.write import ROOT, SCRIPTS
from shared.integrations.sender_script import SenderScript
from tests.unit.integrations.bodies import routed

pytestmark = pytest.mark.integration

EACH = pytest.mark.parametrize("script", [pytest.param(one, id=one.slug) for one in SCRIPTS])
# Quotes, a backslash, control characters, what is no UTF-8 (Latin-1, a surrogate, a cut character), and what is.
HOSTILE = b"a\"b\\c\t\r\nd' $(id) `id` \xe4 \xed\xa0\x80 \xc3\xa4 \xf0\x9f\x94\xa5 \x7f \xe2\x82"


class Receiver:
    """Takes posts and answers with the given statuses in turn, with the last one from then on."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.keys: list[str] = []
        self.bodies: list[Any] = []

    async def take(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers["Idempotency-Key"])
        self.bodies.append(json.loads((await request.read()).decode("utf-8")))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def conf(receiver: Receiver, tmp_path: Path) -> AsyncIterator[Path]:
    app = web.Application()
    app.router.add_post("/integrations/v1/any/secret/", receiver.take)
    async with TestServer(app) as server:
        file = tmp_path / "tocsin.conf"
        file.write_text(f'url = "{server.make_url("/integrations/v1/any/secret/")}"\n')
        yield file


async def run(script: SenderScript, *arguments: str, **environment: str | bytes) -> tuple[int, str]:
    """Start the script with these and nothing else in its environment; return its status and what it said."""
    named = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
    process = await asyncio.create_subprocess_exec(
        str(ROOT / script.path), *arguments, env=named, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace")


def notification(script: SenderScript) -> dict[str, str]:
    """What the tool puts into the environment."""
    host = "HOST" if script.slug == "monit" else "HOSTNAME"
    service = next(one for one in ("SERVICEDESC", "SERVICENAME", "SERVICE") if one in script.names.split())
    return {f"{script.prefix}{host}": "db1", f"{script.prefix}{service}": "disk /var"}


@EACH
def test_the_file_is_the_script_that_the_notes_quote(script: SenderScript) -> None:
    file = ROOT / script.path

    assert file.read_text() == script.text, "write it again: python -m deploy.senders.write"
    assert os.access(file, os.X_OK)


@EACH
async def test_what_a_check_says_arrives_whatever_bytes_it_holds(
    script: SenderScript, conf: Path, receiver: Receiver
) -> None:
    name = "DESCRIPTION" if script.slug == "monit" else "SERVICEOUTPUT"

    status, said = await run(
        script, "-c", str(conf), **notification(script), **{f"{script.prefix}{name}": HOSTILE}
    )

    assert (status, said) == (0, "")
    (body,) = receiver.bodies
    assert body[name] == "a\"b\\c\t\r\nd' $(id) `id` ? ??? ä 🔥 \x7f ??"
    assert "disk /var on db1" in (routed(script.slug, body).title or "")


@EACH
async def test_a_server_that_is_away_is_tried_again_with_the_same_key(
    script: SenderScript, conf: Path, receiver: Receiver
) -> None:
    receiver.statuses = [503, 200]

    status, _ = await run(script, "-c", str(conf), **notification(script))

    assert status == 0
    assert len(receiver.keys) == 2
    assert len(set(receiver.keys)) == 1


@EACH
async def test_a_refusal_is_final_and_does_not_tell_the_url(
    script: SenderScript, conf: Path, receiver: Receiver
) -> None:
    receiver.statuses = [403]

    status, said = await run(script, "-c", str(conf), **notification(script))

    assert (status, len(receiver.keys)) == (2, 1)
    assert "403" in said
    assert "secret" not in said


@EACH
async def test_two_notifications_have_two_keys(script: SenderScript, conf: Path, receiver: Receiver) -> None:
    for name in (
        ("STATE=failed", "STATE=succeeded") if script.slug == "monit" else ("HOSTSTATE=UP", "HOSTSTATE=DOWN")
    ):
        assert await run(script, "-c", str(conf), name, **notification(script)) == (0, "")

    assert len(set(receiver.keys)) == 2


@EACH
@pytest.mark.parametrize("arguments", [("-c",), ("-c", "/no/such/file"), ("x",), ("x;id=1",), ("A$(id)=1",)])
async def test_a_wrong_call_is_refused(script: SenderScript, arguments: tuple[str, ...]) -> None:
    assert (await run(script, *arguments))[0] == 2


async def test_checkmk_takes_the_url_and_its_own_address_from_the_rule(
    conf: Path, receiver: Receiver
) -> None:
    (script,) = (one for one in SCRIPTS if one.slug == "checkmk")
    url = conf.read_text().split('"')[1]

    status, said = await run(
        script,
        **notification(script),
        NOTIFY_PARAMETER_1=url,
        NOTIFY_PARAMETER_2="https://cmk.example.com/prod",
    )

    assert (status, said) == (0, "")
    assert receiver.bodies[0]["CHECKMK_URL"] == "https://cmk.example.com/prod"


async def test_checkmk_refuses_a_parameter_that_is_no_url(conf: Path) -> None:
    (script,) = (one for one in SCRIPTS if one.slug == "checkmk")

    for wrong in ("tocsin", "https://x\nproxy = evil", 'https://x"', "file:///etc/passwd"):
        assert (await run(script, **notification(script), NOTIFY_PARAMETER_1=wrong))[0] == 2, wrong
