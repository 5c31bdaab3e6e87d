"""The catcher of `make run`: what would have gone out is seen, and nothing goes out."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from deploy.local import ports
from deploy.local.caught_slack import CaughtSlack
from deploy.local.process import OwnedProcess

ACKNOWLEDGE = {
    "type": "button",
    "action_id": "ack",
    "value": "G1",
    "text": {"type": "plain_text", "text": "Ack"},
}


@pytest.fixture(scope="module")
def catcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """A running catcher: its SMTP port and its HTTP address."""
    smtp, http = ports.free_port(), ports.free_port()
    command = [sys.executable, "-m", "deploy.local.catcher", f"--smtp-port={smtp}", f"--http-port={http}"]
    command += ["--callback-url=http://127.0.0.1:1/", "--signing-secret=local"]
    process = OwnedProcess(tmp_path_factory.mktemp("catcher"))
    log = process.home / "log"
    process.spawn(command, {"PATH": "/usr/bin"}, log, folder=Path(__file__).parents[2])
    try:
        process.wait_until(lambda: ports.is_answering(http) and ports.is_answering(smtp), 30, log)
        yield smtp, f"http://127.0.0.1:{http}"
    finally:
        process.terminate(timeout_s=5)


def test_a_mail_is_caught_with_its_recipients_and_both_parts(catcher: tuple[int, str]):
    port, address = catcher
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Disk is full – ünïcode", "t@example.org", "alice@example.org"
    mail.set_content("Look at db1.")
    mail.add_alternative("<p>Look at <b>db1</b>.</p>", subtype="html")

    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(mail)

    (caught,) = get_json(address)["mails"]
    assert caught["recipients"] == ["alice@example.org"]
    assert (caught["subject"], caught["text"].strip()) == ("Disk is full – ünïcode", "Look at db1.")


def test_a_webhook_is_answered_and_caught_and_cannot_inject_into_the_page(catcher: tuple[int, str]):
    _, address = catcher

    post(f"{address}/webhook/ticket?a=1", b"<script>alert(1)</script>")

    hook = get_json(address)["webhooks"][-1]
    assert (hook["method"], hook["path"]) == ("POST", "/webhook/ticket?a=1")
    with urllib.request.urlopen(address, timeout=5) as response:
        page = response.read().decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_slack_post_is_updated_in_place(catcher: tuple[int, str]):
    _, address = catcher
    posted = post(
        f"{address}/slack/api/chat.postMessage", json.dumps({"channel": "C1", "text": "firing"}).encode()
    )
    change = {"channel": "C1", "ts": posted["ts"], "text": "resolved"}

    assert post(f"{address}/slack/api/chat.update", json.dumps(change).encode())["ok"]

    assert [message["text"] for message in get_json(address)["slack"]] == ["resolved"]


def test_updating_a_message_that_was_never_posted_is_refused():
    slack = CaughtSlack("http://unused", "local")

    assert slack.answer("chat.update", {"channel": "C1", "ts": "1.2"}) == {
        "ok": False,
        "error": "message_not_found",
    }


def test_a_form_call_with_blocks_as_text_is_understood():
    slack = CaughtSlack("http://unused", "local")
    blocks = json.dumps([{"type": "actions", "block_id": "b", "elements": [ACKNOWLEDGE]}])

    posted = slack.answer("chat.postMessage", {"channel": "C1", "blocks": blocks})

    assert [button.label for button in slack.buttons(("C1", posted["ts"]))] == ["Ack"]


@pytest.fixture
async def callback() -> AsyncIterator[tuple[str, list[web.BaseRequest]]]:
    """An address that records the signed callbacks sent to it."""
    received: list[web.BaseRequest] = []

    async def record(request: web.BaseRequest) -> web.Response:
        await request.read()
        received.append(request)
        return web.Response()

    runner = web.ServerRunner(web.Server(record))
    await runner.setup()
    port = ports.free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}/", received
    await runner.cleanup()


async def test_a_pressed_button_is_signed_as_slack_signs(callback: tuple[str, list[web.BaseRequest]]):
    url, received = callback
    slack = CaughtSlack(url, "s3cret")
    blocks = [{"type": "actions", "block_id": "b", "elements": [ACKNOWLEDGE]}]
    posted = slack.answer("chat.postMessage", {"channel": "C1", "attachments": [{"blocks": blocks}]})

    assert await slack.press(("C1", posted["ts"]), 0) == 200

    (request,) = received
    body = await request.text()
    signed = f"v0:{request.headers['X-Slack-Request-Timestamp']}:{body}".encode()
    expected = "v0=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Slack-Signature"] == expected
    payload = json.loads(parse_qs(body)["payload"][0])
    assert (payload["type"], payload["actions"][0]["value"]) == ("block_actions", "G1")


def get_json(address: str) -> Any:
    with urllib.request.urlopen(f"{address}/caught.json", timeout=5) as response:
        return json.load(response)


def post(url: str, body: bytes) -> Any:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


def test_a_direct_message_can_be_opened_as_in_slack():
    slack = CaughtSlack("http://127.0.0.1:1/", "secret")

    opened = slack.answer("conversations.open", {"users": "U0ALICE"})
    posted = slack.answer("chat.postMessage", {"channel": opened["channel"]["id"], "text": "firing"})

    assert (opened["channel"]["id"], posted["ok"]) == ("D0ALICE", True)


def test_slack_s_lists_are_read_by_get_as_slack_allows(catcher: tuple[int, str]):
    _, address = catcher
    for method, part in (("conversations.list", "channels"), ("usergroups.list", "usergroups")):
        with urllib.request.urlopen(f"{address}/slack/api/{method}?limit=200", timeout=10) as answer:
            found = json.load(answer)
        assert found["ok"]
        assert isinstance(found[part], list)
