"""People in a declaration: the body that a client of the API would send, and what the API has beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.declare_faults import Faults
from services.api.on_call_reminders import OnCallRemindersBody, checked_reminders
from services.api.resources import contact_points
from services.api.resources.desk import Desk
from shared.domain.access_form import MASK
from shared.domain.configuration import User
from shared.domain.contacts import ContactPoint
from shared.domain.declaration import DeclaredContactPoint, DeclaredUser, Path

WRITTEN_AFTERWARDS = {"rules", "contact_points", "on_call_reminders"}
SLACK = {"slack_user_id", "slack_team_id"}


def user_fields(declared: DeclaredUser) -> dict[str, Any]:
    """Return the body of a declared user; contact points, reminders and rules are written afterwards."""
    fields = declared.model_dump(exclude={"set", *WRITTEN_AFTERWARDS, *SLACK})
    fields["slack"] = {"user_id": declared.slack_user_id, "team_id": declared.slack_team_id}
    return fields


def write_reminders(desk: Desk, faults: Faults, path: Path, user: User, declared: DeclaredUser) -> None:
    """Make a person's reminders what is written; None leaves them."""
    if declared.on_call_reminders is None:
        return
    with faults.at(path):
        body = OnCallRemindersBody(**declared.on_call_reminders.model_dump())
        wanted = checked_reminders(user, body)
        desk.draft.put(user.model_copy(update={"on_call_reminders": wanted}))


def write_contact_points(
    desk: Desk, faults: Faults, path: Path, user: User, declared: Sequence[DeclaredContactPoint] | None
) -> User:
    """Make the contact points that somebody vouches for what is written; None leaves them, and the person's own."""
    if declared is None:
        return user
    found = _written(desk, faults, path, user, declared)
    found |= _kept(faults, path, user, declared, {one.id for one in found.values()})
    kept = [found[position] for position in sorted(found)]
    ids = {one.id for one in kept}
    own = [one for one in user.contact_points if one.id not in ids and not one.declared]
    after = user.model_copy(update={"contact_points": (*own, *kept)})
    if {one.id: one for one in after.contact_points} != {one.id: one for one in user.contact_points}:
        desk.draft.put(after)
        return after
    return user


def _written(
    desk: Desk, faults: Faults, path: Path, user: User, declared: Sequence[DeclaredContactPoint]
) -> dict[int, ContactPoint]:
    """Return the points whose addresses are written, by their places; what is the same keeps its id."""
    found: dict[int, ContactPoint] = {}
    for position, one in enumerate(declared):
        with faults.at((*path, position)):
            kind = contact_points.checked_kind(one.kind)
            if one.address == MASK:
                continue
            point = contact_points.made(desk, kind, one.address, declared=True)
            same = (old for old in user.contact_points if contact_points.is_same(desk, old, point))
            before = next(same, None)
            found[position] = before.model_copy(update={"declared": True}) if before is not None else point
    return found


def _kept(
    faults: Faults, path: Path, user: User, declared: Sequence[DeclaredContactPoint], used: set[str]
) -> dict[int, ContactPoint]:
    """Return the stored points that asterisks keep, by their places; which are meant must be beyond doubt."""
    found: dict[int, ContactPoint] = {}
    for kind in dict.fromkeys(one.kind for one in declared if one.address == MASK):
        places = [place for place, one in enumerate(declared) if (one.kind, one.address) == (kind, MASK)]
        stored = [
            one for one in user.contact_points if one.declared and one.kind == kind and one.id not in used
        ]
        if len(stored) == len(places):
            found |= dict(zip(places, stored, strict=True))
            continue
        words = f"its address is not given here, and {len(stored)} of the kind {kind} are stored for {len(places)}"
        for place in places:
            faults.add((*path, place, "address"), words)
    return found
