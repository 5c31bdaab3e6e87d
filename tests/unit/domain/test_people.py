"""Users, teams and Slack's groups: who is where, and where pages of a channel go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot, Team, User, UserGroup
from shared.domain.configuration_draft import Draft, Tables
from shared.domain.contacts import ContactPoint

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)


def a_user(id: str = "U1", **fields: Any) -> User:
    return User.model_validate({"id": id, "username": id.lower(), **fields})


def a_point(id: str, kind: str = "phone", verified_at: datetime | None = None, **fields: Any) -> ContactPoint:
    given = {"id": id, "kind": kind, "address": f"at {id}", "verified_at": verified_at}
    return ContactPoint.model_validate({**given, **fields})


@pytest.mark.parametrize(
    ("stored", "meant"),
    [("user", "editor"), ("observer", "viewer"), ("admin", "admin"), (None, "editor")],
)
def test_a_user_as_an_older_version_stored_it_still_loads(stored: str | None, meant: str):
    row = {"id": "U1", "username": "alice", "phone_number": "+491701234567"}

    user = User.model_validate(row if stored is None else {**row, "role": stored})

    assert (user.role, user.team_ids, user.contact_points) == (meant, (), ())
    assert user.contact("sms") == user.contact("phone_call") == user.contact("phone")


def test_a_point_that_nobody_vouches_for_is_not_paged():
    user = a_user(contact_points=(a_point("P1"), a_point("P2", "telegram")))

    assert (user.contact("sms"), user.contact("telegram"), user.contact("email")) == (None, None, None)


def test_the_point_that_was_verified_last_is_the_one_that_counts():
    points = (a_point("P1", verified_at=TUESDAY), a_point("P2", verified_at=MONDAY), a_point("P3"))
    user = a_user(phone_number="+491", contact_points=points)

    found = user.contact("phone")

    assert found is not None
    assert found.id == "P1"


def test_what_an_admin_entered_counts_until_the_person_proved_something():
    user = a_user(email="a@example.org", contact_points=(a_point("P1", "email"),))

    found = user.contact("email")

    assert found is not None
    assert (found.address, found.is_usable) == ("a@example.org", True)
    declared = a_user(contact_points=(a_point("P1", "telegram", declared=True),)).contact("telegram")
    assert declared is not None


def test_members_of_teams_and_of_slack_groups_are_found_by_what_users_say():
    bob = a_user("U1", username="bob", team_ids=("T1",), slack_user_id="S1")
    alice = a_user("U2", username="alice", team_ids=("T1", "T2"), contact_points=(
        a_point("P", "slack", TUESDAY, address="S2"),))  # fmt: skip
    group = UserGroup(id="G1", name="ops", slack_user_ids=("S1", "S2", "S3"))

    config = ConfigSnapshot(users=(bob, alice), teams=(Team(id="T1", name="ops"),), user_groups=(group,))

    assert config.members_of("T1") == (alice, bob)
    assert config.members_of("T2") == (alice,)
    assert config.members_of("T3") == ()
    assert config.members_of_group("G1") == (alice, bob)
    assert config.members_of_group("G2") == ()
    assert config.user_by_slack_id == {"S1": bob, "S2": alice}


def test_teams_and_groups_of_the_tables_are_in_the_snapshot():
    draft = Draft(Tables())
    draft.put(Team(id="T1", name="ops"))
    draft.put(UserGroup(id="G1", name="ops"))

    snapshot = draft.tables(3).snapshot()

    assert (snapshot.team_by_id["T1"].name, snapshot.user_group_by_id["G1"].name) == ("ops", "ops")
