"""Logs: readable by machines, and without a secret wherever one may stand."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from shared.log import mask_secrets

INGEST = "/integrations/v1/alertmanager/"


def masked(**event: Any) -> Any:
    """Return a log line's facts as they are written."""
    return mask_secrets(logging.getLogger(), "info", dict(event))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("amqp://tocsin:s3cr3t@broker:5672/", "amqp://tocsin:***@broker:5672/"),
        ("mongodb://u:s3cr3t@a,b/tocsin?replicaSet=rs0", "mongodb://u:***@a,b/tocsin?replicaSet=rs0"),
        ("http://:s3cr3t@hook.example/x", "http://:***@hook.example/x"),
        ("two: amqp://a:s3cr3t@x/ and http://b:s3cr3t@y/", "two: amqp://a:***@x/ and http://b:***@y/"),
        (f"POST {INGEST}s3cr3t/", f"POST {INGEST}***/"),
        (f"http://x{INGEST}s3cr3t?a=1", f"http://x{INGEST}***?a=1"),
        (f"{INGEST}s3cr3t/heartbeat/", f"{INGEST}***/heartbeat/"),
        (
            "http://x/api/v1/users/U1/schedule_export?token=s3cr3t&a=1",
            "http://x/api/v1/users/U1/schedule_export?token=***&a=1",
        ),
    ],
)
def test_a_password_or_token_is_blanked_and_the_rest_stays(text: str, written: str):
    assert masked(url=text)["url"] == written


@pytest.mark.parametrize(
    "text",
    [
        "http://hook.example:8080/path?mail=a@b.example",
        "http://hook.example/path",
        "nobody@example.org",
        "12:30 @ noon / tomorrow",
        "/api/v1/alert_groups/",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str):
    assert masked(url=text)["url"] == text


def test_secrets_are_blanked_inside_lists_and_tables_and_in_the_event_itself():
    url = "amqp://u:s3cr3t@x/"

    event = masked(event=url, urls=[url, (url,)], table={"a": {"b": url}}, number=1, nothing=None)

    assert "s3cr3t" not in repr(event)
    assert (event["number"], event["nothing"]) == (1, None)


PROGRAM = """
import logging, sys
import structlog
from shared import log
log.configure(sys.argv[1], "info")
one = structlog.get_logger("test")
one.debug("not.written")
one.info("post.sent", took_ms=182, ids={3: "x"})
try:
    raise ValueError("amqp://u:s3cr3t@x/")
except ValueError as error:
    one.error("post.failed", exc_info=error)
logging.getLogger("other").warning("of a library")
"""


@cache
def written(format: str) -> list[str]:
    """Return the lines that a process logs in this format."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, format], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_for_machines_every_line_is_json_with_the_facts_as_keys():
    sent, failed, *_ = [json.loads(one) for one in written("json") if one.startswith("{")]

    assert (sent["event"], sent["took_ms"], sent["level"]) == ("post.sent", 182, "info")
    assert sent["timestamp"].endswith("Z")
    assert "ValueError" in failed["exception"]


@pytest.mark.parametrize("format", ["json", "console"])
def test_no_format_writes_a_secret_that_stands_in_a_traceback(format: str):
    lines = "\n".join(written(format))

    assert "ValueError" in lines
    assert "s3cr3t" not in lines


def test_a_level_below_the_configured_one_is_not_written():
    assert "not.written" not in "\n".join(written("json"))
