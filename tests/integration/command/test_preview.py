"""`tocsin preview` shows what templates make of a payload, and says what is wrong with its input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner, Result

from shared import sandbox
from shared.command.preview import preview
from shared.domain.template_jobs import PARTS, digest
from shared.integrations import by_slug

APP = typer.Typer()
APP.command()(preview)
UID = {"alert_uid": "u", "title": "Disk full", "state": "ok", "url": "https://s.example.com"}


@pytest.fixture(autouse=True)
def logging_of_the_command_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sandbox, "log", structlog.get_logger())
    yield
    structlog.reset_defaults()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(APP, [str(one) for one in arguments])


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_one_json_object_with_everything_the_templates_make(tmp_path: Path) -> None:
    payload = written(tmp_path / "p.json", UID)

    result = run("--type", "webhook", "--payload", payload)

    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    rendered = shown.pop("rendered")
    assert shown == {
        "grouping_key": "u",
        "grouping_digest": digest("u"),
        "resolve": True,
        "acknowledge": False,
        "source_link": "https://s.example.com",
        "errors": [],
    }
    assert {medium: tuple(parts) for medium, parts in rendered.items()} == PARTS
    assert rendered["sms"] == {"title": "Disk full"}


def test_oncalls_template_object_is_taken_as_it_is(tmp_path: Path) -> None:
    payload = written(tmp_path / "p.json", UID)
    templates = written(
        tmp_path / "t.yaml",
        """
grouping_key: "{{ payload.title }}"
resolve_signal: null
acknowledge_signal: "1"
source_link: null
slack: {title: "{{ web_title }}!", message: null, image_url: null}
web: {title: "{{ payload.title | upper }}", message: "{{ payload.a.b }}", image_url: null}
sms: {title: null}
phone_call: {title: null}
telegram: null
email: {title: "\\n{% if %}", message: null}
msteams: {title: null, message: null, image_url: null}
""",
    )

    result = run("--type", "webhook", "--payload", payload, "--templates", templates)

    shown = json.loads(result.stdout)
    assert (shown["grouping_key"], shown["resolve"], shown["acknowledge"]) == ("Disk full", True, True)
    assert shown["rendered"]["slack"]["title"] == "DISK FULL!"
    assert shown["rendered"]["email"]["title"] == "Disk full"
    assert [(one["template"], one["line"]) for one in shown["errors"]] == [
        ("web.message", 1),
        ("email.title", 2),
    ]


def test_a_batch_prints_one_object_per_line_in_order(tmp_path: Path) -> None:
    alertmanager = by_slug("alertmanager")
    assert alertmanager is not None
    lines = [{"type": "webhook", "payload": {"alert_uid": str(n)}} for n in range(70)]
    lines.append({"type": "alertmanager", "payload": alertmanager.example_firing})
    lines.append({"type": "webhook", "payload": {}, "templates": {"grouping_key": "own"}})
    batch = written(tmp_path / "b.jsonl", "\n".join(json.dumps(one) for one in lines) + "\n\n")

    result = run("--batch", batch)

    keys = [json.loads(line)["grouping_key"] for line in result.stdout.splitlines()]
    assert keys[:70] == [str(n) for n in range(70)]
    assert keys[70:] == [alertmanager.example_firing["groupKey"], "own"]


def test_a_hostile_template_ends_as_an_error(tmp_path: Path) -> None:
    payload = written(tmp_path / "p.json", {})
    templates = written(tmp_path / "t.yaml", {"grouping_key": "{{ 10 | round(-100000000) }}"})

    result = run("--type", "webhook", "--payload", payload, "--templates", templates)

    assert result.exit_code == 0
    assert "longer than" in json.loads(result.stdout)["errors"][0]["message"]


def test_explain_adds_reasons_and_what_each_medium_shows(tmp_path: Path) -> None:
    payload = written(tmp_path / "p.json", {"title": "T", "message": "**b**"})

    result = run("--type", "formatted_webhook", "--payload", payload, "--explain")

    shown = json.loads(result.stdout)
    assert (shown["grouping_key"], shown["grouping_digest"]) == (None, None)
    assert shown["grouping_reason"] == "not grouped: the grouping key is empty"
    assert shown["cards"]["web"]["message"] == "<p><strong>b</strong></p>"


@pytest.mark.parametrize(
    ("type", "payload", "templates", "message"),
    [
        ("nonesuch", "{}", None, "--type: unknown integration type 'nonesuch'; known are alertmanager"),
        ("webhook", "{", None, "is not JSON"),
        ("alertmanager", "[]", None, "--payload: the body must be a JSON object, not a list"),
        ("webhook", "{}", "a: [", "is not YAML"),
        ("webhook", "{}", "- a", "--templates: must be an object of templates"),
        ("webhook", "{}", "groupingkey: a", "--templates: groupingkey: unknown template"),
        ("webhook", "{}", "grouping_key: 5", "--templates: grouping_key: must be a text or null"),
        ("webhook", "{}", "slack: a", "--templates: slack: must be an object"),
        ("webhook", "{}", "slack: {titel: a}", "--templates: slack.titel: unknown part"),
        ("webhook", "{}", "slack: {title: [a]}", "--templates: slack.title: must be a text or null"),
    ],
)
def test_bad_input_is_named_and_exit_code_2(
    tmp_path: Path, type: str, payload: str, templates: str | None, message: str
) -> None:
    arguments = ["--type", type, "--payload", written(tmp_path / "p.json", payload)]
    if templates is not None:
        arguments += ["--templates", written(tmp_path / "t.yaml", templates)]

    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "--batch line 2: is not JSON"),
        ("[]", "--batch line 2: must be a JSON object"),
        ('{"payload": {}}', "--batch line 2: type: is missing"),
        ('{"type": "webhook"}', "--batch line 2: payload: is missing"),
        ('{"type": 5, "payload": {}}', "--batch line 2: type: unknown integration type 5"),
        ('{"type": "webhook", "payload": {}, "x": 1}', "--batch line 2: x: unknown field"),
        (
            '{"type": "webhook", "payload": {}, "templates": {"a": "b"}}',
            "--batch line 2: templates: a: unknown template",
        ),
    ],
)
def test_a_bad_line_of_a_batch_is_named(tmp_path: Path, line: str, message: str) -> None:
    batch = written(tmp_path / "b.jsonl", '{"type": "webhook", "payload": {}}\n' + line + "\n")

    result = run("--batch", batch)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--type", "webhook"), ("--payload", "x.json")])
def test_what_is_missing_is_named(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert "is missing" in result.stderr


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = run("--type", "webhook", "--payload", tmp_path / "none.json")

    assert result.exit_code == 2
    assert "none.json: No such file or directory" in result.stderr
