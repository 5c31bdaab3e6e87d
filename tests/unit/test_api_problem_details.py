"""Refusals as problem details."""

from __future__ import annotations

import pytest

from services.api.problem_details import accepts_problems, as_problem


@pytest.mark.parametrize(
    ("accept", "does"),
    [
        ("application/problem+json", True),
        ("application/json, application/problem+json; q=0.9", True),
        ("*/*", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_only_who_names_problem_details_gets_them(accept: str, does: bool):
    assert accepts_problems(accept) is does


def test_a_sentence_is_the_detail():
    assert as_problem(404, {"detail": "Not found."}) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not found.",
    }


def test_sentences_by_field_become_one_and_stand_beside_it():
    body = {"name": ["This field is required."], "type": ["Must be a.", "Not b."]}

    problem = as_problem(400, body)

    assert problem["detail"] == "name: This field is required.; type: Must be a. Not b."
    assert problem["errors"] == body
