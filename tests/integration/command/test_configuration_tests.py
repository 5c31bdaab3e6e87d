"""`tocsin test` plays tests of a declaration without a server, and its exit code tells a build what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import structlog
from typer.testing import CliRunner, Result

from shared import sandbox
from shared.command.junit import CaseResult, junit_xml
from shared.command.main import app_for
from tests.support.rehearsing import DECLARATION

ROOT = Path(__file__).parents[3]
TESTS = """
tests:
  - name: Alice is told
    steps:
      - alert: { integration: Shop, payload_file: full.json }
    lasts: 1m
    expect:
      pages: [{ to: alice, text: Disk full }]
  - name: Bob is told
    steps:
      - alert: { integration: Shop, payload_file: full.json }
    lasts: 1m
    expect:
      pages: [{ to: bob }]
"""


@pytest.fixture(autouse=True)
def logging_of_the_command_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sandbox, "log", structlog.get_logger())
    yield
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.yaml").write_text(DECLARATION)
    (tmp_path / "tests.yaml").write_text(TESTS)
    (tmp_path / "full.json").write_text(json.dumps({"host": "db1", "title": "Disk full"}))
    return tmp_path


def run(folder: Path, *arguments: str, tests: str = "tests.yaml", config: str = "tocsin.yaml") -> Result:
    whole = ("test", str(folder / tests), "--config", str(folder / config), *arguments)
    return CliRunner().invoke(app_for(whole), whole)


def test_what_is_not_as_expected_is_said_and_is_exit_code_1(folder: Path):
    result = run(folder)

    assert result.exit_code == 1, result.output
    assert result.output.splitlines() == [
        "ok    Alice is told",
        "FAIL  Bob is told",
        "      expected page, got none like it: to bob",
        "      got page that is not expected: to alice by email after 0s group 1, title 'Disk full'",
        "2 tests, 1 failed",
    ]


def test_what_is_as_expected_is_exit_code_0(folder: Path):
    result = run(folder, "-k", "Alice")

    assert (result.exit_code, result.output) == (0, "ok    Alice is told\n1 tests, 0 failed\n")


def test_scripts_and_build_servers_read_the_same(folder: Path):
    result = run(folder, "-o", "json", "--junit", str(folder / "results.xml"))

    found = json.loads(result.output)
    suites = ElementTree.parse(folder / "results.xml").getroot()
    (suite,) = suites
    failures = {case.get("name"): case.findtext("failure") for case in suite}
    assert (found["tests"], found["failed"]) == (2, 1)
    assert [one["passed"] for one in found["results"]] == [True, False]
    assert suites.attrib.items() >= {"tests": "2", "failures": "1", "errors": "0"}.items()
    assert failures == {"Alice is told": None, "Bob is told": "\n".join(found["results"][1]["differences"])}


def test_texts_that_xml_cannot_hold_do_not_break_the_results():
    whole = junit_xml([CaseResult("a.yaml", "bell \x07", 0.1, ("got '\x00 <b>'",))])

    (failure,) = ElementTree.fromstring(whole).iter("failure")
    assert failure.get("message") == "got '\ufffd <b>'"


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        (
            "tests.yaml",
            "pages: [{ to: bob }]",
            "page: []",
            "tests.yaml:14: tests.1.expect.page: this key is not",
        ),
        ("tests.yaml", "to: bob", "to: carol", "tests.yaml:14: tests.1.expect.pages.0.to: there is no user"),
        ("tests.yaml", "full.json", "none.json", "none.json cannot be read"),
        ("tests.yaml", "tests:", "tests: [", "tests.yaml:"),
        ("tocsin.yaml", "[alice]", "[carol]", "there is no user named carol"),
        ("tocsin.yaml", "{{ payload.host }}", "{{ payload.host", "grouping_key"),
        ("full.json", "{", "{{", "full.json is not JSON"),
    ],
)
def test_a_file_that_cannot_be_used_is_exit_code_2(
    folder: Path, file: str, before: str, after: str, says: str
):
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after))

    result = run(folder)

    assert result.exit_code == 2, result.output
    assert says in result.output


def test_a_name_that_no_test_has_is_told(folder: Path):
    result = run(folder, "-k", "nobody")

    assert (result.exit_code, result.output) == (2, "no test has 'nobody' in its name\n")


def test_the_tests_of_the_page_about_them_pass_for_the_demo_configuration(folder: Path):
    page = (ROOT / "docs" / "configuration-tests.md").read_text()
    (example,) = re.findall(r"```yaml\n(.+?)```", page, re.DOTALL)
    (folder / "example.yaml").write_text(example)

    result = run(folder, tests="example.yaml", config=str(ROOT / "deploy" / "local" / "demo.yaml"))

    assert result.exit_code == 0, result.output
    assert "3 tests, 0 failed" in result.output
