"""References to secrets: only where a secret is expected, and what leads nowhere keeps what is stored."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.access_form import MASK
from shared.domain.declaration import DeclarationRefused, read
from shared.domain.secret_references import SecretReference, VariableNames, references, resolved

DECLARATION: dict[str, Any] = {
    "users": [{"username": "a", "contact_points": [{"kind": "webhook", "address": "${env:A}"}]}],
    "webhooks": [{"name": "h", "url": "${env:URL}", "data": "${env:B}", "password": "${file:my secret}"}],
    "integrations": [
        {
            "name": "i",
            "type": "webhook",
            "labels": {"token": "${env:LABEL}"},
            "authentication": {"basic": {"username": "u", "password": "${env:C}"}, "hmac": None},
        }
    ],
}


def test_a_reference_is_one_only_where_a_secret_is_expected():
    assert [(one.path, one.kind, one.target) for one in references(DECLARATION)] == [
        (("users", 0, "contact_points", 0, "address"), "env", "A"),
        (("webhooks", 0, "password"), "file", "my secret"),
        (("integrations", 0, "authentication", "basic", "password"), "env", "C"),
    ]


def test_secrets_take_their_places_and_what_leads_nowhere_is_asterisks():
    data, missing = resolved(
        DECLARATION, lambda one: {"A": "https://x.example.org", "C": "p"}.get(one.target)
    )
    assert missing == [SecretReference(("webhooks", 0, "password"), "file", "my secret")]
    assert data["users"][0]["contact_points"][0]["address"] == "https://x.example.org"
    assert data["webhooks"][0] == {**DECLARATION["webhooks"][0], "password": MASK}
    assert data["integrations"][0]["authentication"] == {
        "basic": {"username": "u", "password": "p"},
        "hmac": None,
    }


@pytest.mark.parametrize(
    "text", ["env:A", "$env:A", "${env:}", "${vault:A}", "a ${env:A}", "${env:A} ", "${env:{{ a }}}", ""]
)
def test_other_texts_are_secrets_themselves(text: str):
    assert list(references({"webhooks": [{"password": text}]})) == []


@pytest.mark.parametrize("data", [None, [], {"webhooks": {}}, {"webhooks": [None, 5, {"password": 5}]}, "x"])
def test_what_is_no_declaration_has_no_references(data: Any):
    assert list(references(data)) == []


def test_a_reference_that_nobody_resolved_is_a_mistake_with_its_place():
    with pytest.raises(DeclarationRefused) as refused:
        read({"webhooks": [{"name": "h", "url": "https://x", "password": "${env:A}"}]})

    assert [one.path for one in refused.value.faults] == [("webhooks", 0, "password")]


def test_no_two_variables_have_the_same_name():
    names = VariableNames()

    made = [
        names.reference(*words)
        for words in (("user", "a b", "x"), ("user", "a-b", "x"), ("7", "ü"), ("", ""))
    ]

    assert made == ["${env:USER_A_B_X}", "${env:USER_A_B_X_2}", "${env:_7}", "${env:_}"]
    assert [one.target for one in references({"webhooks": [{"password": one} for one in made]})] == [
        *("USER_A_B_X", "USER_A_B_X_2", "_7", "_")
    ]
