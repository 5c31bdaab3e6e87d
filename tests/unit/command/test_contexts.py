"""Contexts: which api a command talks to, with whose token, and that the tokens stay where they are."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from shared.command.contexts import CHOSEN, Contexts
from shared.command.failure import CommandFailed
from shared.command.main import app_for
from shared.command.settings import access

TOKEN = "a" * 64


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("TOCSIN_API_URL", "TOCSIN_API_TOKEN", "TOCSIN_TOKEN", "TOCSIN_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def run(*arguments: str, given: str = "") -> Result:
    whole = ("context", *arguments)
    return CliRunner().invoke(app_for(whole), whole, input=given)


def reach(url: str | None = None, token: str | None = None, context: str = "") -> tuple[str, str]:
    before = CHOSEN.set(context)
    try:
        found = access(url, token)
    finally:
        CHOSEN.reset(before)
    return found.url, found.token


def added(name: str, token: str = TOKEN) -> None:
    result = run("add", name, "--url", f"https://{name}.example.org/", given=f"{token}\n")
    assert result.exit_code == 0, result.output


def test_the_file_is_its_owners_alone_and_no_command_prints_a_token(home: Path):
    added("prod")
    shown = run("list").output + run("list", "-o", "json").output + run("use", "prod").output

    file = home / "config" / "tocsin" / "contexts.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert TOKEN in file.read_text()
    assert TOKEN not in shown
    assert "https://prod.example.org" in shown
    assert [one.name for one in file.parent.iterdir()] == ["contexts.json"]


def test_the_first_context_is_in_use_until_another_is_chosen_or_it_is_removed():
    added("prod", "b" * 64)
    added("lab")
    assert reach() == ("https://prod.example.org", "b" * 64)

    assert run("use", "lab").exit_code == 0
    assert reach() == ("https://lab.example.org", TOKEN)
    assert reach(context="prod") == ("https://prod.example.org", "b" * 64)
    assert run("list", "-q").output.split() == ["lab", "prod"]
    assert run("remove", "lab").exit_code == 0
    assert Contexts().current == ""
    assert reach() == ("http://127.0.0.1:8080", "")


def test_what_is_given_goes_before_the_context_and_a_token_never_goes_to_another_api(
    monkeypatch: pytest.MonkeyPatch,
):
    added("prod")

    assert reach(url="https://other.example.org") == ("https://other.example.org", "")
    assert reach(token="c" * 64) == ("https://prod.example.org", "c" * 64)
    monkeypatch.setenv("TOCSIN_API_URL", "https://other.example.org")
    assert reach() == ("https://other.example.org", "")
    monkeypatch.setenv("TOCSIN_API_TOKEN", "d" * 64)
    assert reach() == ("https://other.example.org", "d" * 64)
    # Named on the command line the context counts, and the environment's token is not for it.
    assert reach(context="prod") == ("https://prod.example.org", TOKEN)


def test_what_does_not_exist_or_is_no_context_is_told():
    added("prod")

    for wrong in (["use", "lab"], ["remove", "lab"]):
        told = run(*wrong)
        assert (told.exit_code, "There is no context lab; there are: prod" in told.output) == (1, True)
    assert run("add", "x", "--url", "prod.example.org", given="t\n").exit_code == 1
    assert run("add", "x", "--url", "https://x.example.org", given="\n").exit_code == 1
    with pytest.raises(CommandFailed, match="no context lab"):
        reach(context="lab")


def test_a_context_is_chosen_before_the_subcommand(monkeypatch: pytest.MonkeyPatch):
    added("prod")
    seen: list[Any] = []
    monkeypatch.setattr(
        "shared.command.api_client.send", lambda method, url, *_: seen.append(url) or _refused()
    )

    for arguments in (["--context", "prod", "groups", "list"], ["--context=prod", "groups", "show", "G1"]):
        CliRunner().invoke(app_for(arguments), arguments)

    assert [one.split("/api/")[0] for one in seen] == ["https://prod.example.org"] * 2


def _refused() -> Any:
    from shared.command.api_client import Answer

    return Answer(401, {"detail": "Invalid token."})
