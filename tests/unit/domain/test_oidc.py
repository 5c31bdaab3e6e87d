"""Which person an account of an identity provider is."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.configuration import User
from shared.domain.oidc import claimed, new_username, person_for

ALICE = User(id="U1", username="alice", email="Alice@example.org")
BOB = User(id="U2", username="bob", email="team@example.org")
CAROL = User(id="U3", username="carol", email="team@example.org")
USERS = (ALICE, BOB, CAROL)


def found(**claims: Any) -> User | None:
    return person_for(claimed({"sub": "1", **claims}, "preferred_username"), USERS)


def test_the_username_claim_names_a_person_in_any_case():
    assert found(preferred_username="ALICE") is ALICE


def test_a_verified_address_names_a_person_and_another_one_nobody():
    assert found(email="alice@EXAMPLE.org", email_verified=True) is ALICE
    assert found(email="alice@example.org") is None
    assert found(email="alice@example.org", email_verified=False) is None
    assert found(email="alice@example.org", email_verified="true") is None


def test_an_address_of_two_people_names_nobody():
    assert found(email="team@example.org", email_verified=True) is None


def test_the_username_goes_before_the_address():
    assert found(preferred_username="bob", email="alice@example.org", email_verified=True) is BOB


@pytest.mark.parametrize("odd", [None, 7, "", "  ", ["alice"], {"name": "alice"}])
def test_claims_of_other_types_name_nobody(odd: Any):
    assert found(preferred_username=odd, email=odd, email_verified=True) is None


def test_people_without_an_address_are_not_found_by_an_empty_one():
    users = [User(id="U4", username="dave")]
    assert person_for(claimed({"sub": "1", "email": "", "email_verified": True}, "x"), users) is None


def test_another_claim_may_hold_the_username():
    who = claimed({"sub": "1", "login": "alice", "preferred_username": "bob"}, "login")
    assert person_for(who, USERS) is ALICE


def test_whoever_is_added_is_called_by_the_username_or_by_the_verified_address():
    assert new_username(claimed({"sub": "1", "preferred_username": "eve"}, "preferred_username")) == "eve"
    by_mail = claimed({"sub": "1", "email": "eve@example.org", "email_verified": True}, "preferred_username")
    assert new_username(by_mail) == "eve@example.org"
    assert new_username(claimed({"sub": "1", "email": "eve@example.org"}, "preferred_username")) == ""
