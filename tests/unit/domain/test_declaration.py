"""Declarations as people write them: what is read, and what is said of mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.declaration import DeclarationRefused, read
from shared.domain.declaration_source import Place, SourceRefused, read_sources


@pytest.mark.parametrize(
    ("written", "seconds"), [(90, 90), ("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("1d", 86_400)]
)
def test_durations_are_seconds_or_words(written: Any, seconds: int):
    declared = read({"chains": [{"name": "c", "steps": [{"type": "wait", "duration": written}]}]})

    assert declared.chains[0].steps is not None
    assert declared.chains[0].steps[0].duration == seconds


def test_a_bare_word_is_a_step_or_a_rule_without_parameters():
    declared = read(
        {
            "chains": [{"name": "c", "steps": ["resolve"]}],
            "users": [{"username": "a", "rules": {"default": ["notify_by_email"]}}],
        }
    )

    assert declared.chains[0].steps is not None
    assert declared.chains[0].steps[0].type == "resolve"
    assert declared.users[0].rules.default is not None
    assert declared.users[0].rules.default[0].type == "notify_by_email"
    assert declared.users[0].rules.important is None


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({"usres": []}, ("usres",), "not known"),
        ({"users": [{"username": "a", "emial": "x"}]}, ("users", 0, "emial"), "not known"),
        ({"users": [{}]}, ("users", 0, "username"), "required"),
        ({"users": [{"username": "a"}, {"username": "A"}]}, ("users", 1), "twice"),
        ({"chains": [{"name": "c"}, {"name": "c"}]}, ("chains", 1), "twice"),
        (
            {"integrations": [{"name": "i", "type": "webhook", "token": "short"}]},
            ("integrations", 0, "token"),
            "16",
        ),
        (
            {"integrations": [{"name": "i", "type": "webhook", "routes": [{}]}]},
            ("integrations", 0, "routes", 0),
            "exactly one",
        ),
        ([], (), "dictionary"),
    ],
)
def test_a_mistake_is_told_with_its_place(data: Any, path: tuple[Any, ...], message: str):
    with pytest.raises(DeclarationRefused) as refused:
        read(data)

    assert refused.value.faults[0].path == path
    assert message in refused.value.faults[0].message


def test_several_files_are_one_declaration_and_every_piece_knows_its_line():
    source = read_sources(
        {
            "a.yaml": "users:\n  - username: a\n",
            "b.yaml": "# people\nusers:\n  - username: b\n    email: b@x.org\nchains: []\n",
        }
    )

    assert [one["username"] for one in source.data["users"]] == ["a", "b"]
    assert source.place_of(("users", 0, "username")) == Place("a.yaml", 2)
    assert source.place_of(("users", 1, "email")) == Place("b.yaml", 4)
    assert source.place_of(("users", 1, "nothing", "here")) == Place("b.yaml", 3)
    assert str(source.place_of(("users", 1, "email"))) == "b.yaml:4"
    assert source.place_of(("webhooks",)) is None


def test_an_empty_file_declares_nothing():
    assert read_sources({"a.yaml": "", "b.yaml": "users:\n"}).data == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("users:\n  - username: [a\n", 3),
        ("users:\n  - username: a\n    username: b\n", 3),
        ("- a\n", 1),
        ("\nusers: !!python/object:os.system x\n", 2),
        (
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
                for before, name in zip("abcdef", "bcdefg", strict=True)
            ),
            1,
        ),
        ("users: " + "[" * 2000, 1),
    ],
)
def test_what_is_not_yaml_or_multiplies_itself_is_refused_with_its_line(text: str, line: int):
    with pytest.raises(SourceRefused) as refused:
        read_sources({"f.yaml": text})

    assert refused.value.place.file == "f.yaml"
    assert refused.value.place.line >= line
