"""Contact points of a person: entered, shown without their secrets, taken away. Codes are sent elsewhere."""

from __future__ import annotations

from typing import Any

from services.api.group_shapes import instant
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Body, Desk, required
from shared.domain.configuration import User
from shared.domain.contact_addresses import NotAnAddress, entered
from shared.domain.contacts import KINDS, ContactPoint, Kind
from shared.domain.public_ids import public_id

MOST = 20


class ContactPointBody(Body):
    """What a client writes of a contact point; a Telegram account is linked without an address."""

    kind: str | None = None
    address: str | None = None


def show(point: ContactPoint) -> dict[str, Any]:
    """Return the public shape; of a secret only so much is shown that its owner knows it."""
    return {
        "id": point.id,
        "kind": point.kind,
        "address": point.address,
        "is_usable": point.is_usable,
        "vouched_for_by": "admin" if point.declared else "code" if point.verified_at else None,
        "verified_at": instant(point.verified_at),
        "created_at": instant(point.created_at),
    }


def add(desk: Desk, user: User, body: ContactPointBody, *, declared: bool) -> ContactPoint:
    """Add a contact point to a person; one of the same kind and address is returned as it is.

    Raises:
        Invalid: an unknown kind, no address of this kind, or too many.
    """
    point = made(desk, checked_kind(body.kind), required(body.address, "address"), declared=declared)
    same = next((one for one in user.contact_points if is_same(desk, one, point)), None)
    if same is not None and (same.is_usable or not declared):
        return same
    kept = tuple(one for one in user.contact_points if one is not same)
    if len(kept) >= MOST:
        raise Invalid.field("non_field_errors", f"A person has at most {MOST} contact points.")
    put(desk, user, (*kept, point))
    return point


def made(desk: Desk, kind: Kind, address: str, *, declared: bool) -> ContactPoint:
    """Return a new contact point for an address as somebody entered it.

    Raises:
        Invalid: it is no address of this kind.
    """
    try:
        found = entered(kind, address)
    except NotAnAddress as error:
        raise Invalid.field("address", str(error)) from error
    return ContactPoint(
        id=public_id("contact_points", desk.tools.below),
        kind=kind,
        address=found.shown,
        secret_encrypted=desk.tools.secrets.encrypt(found.secret) if found.secret is not None else "",
        declared=declared,
        created_at=desk.tools.now,
    )


def remove(desk: Desk, user: User, point_id: str) -> None:
    """Take a contact point away.

    Raises:
        Refused: 404, the person has none of this id.
    """
    point = of_user(user, point_id)
    put(desk, user, tuple(one for one in user.contact_points if one is not point))


def of_user(user: User, point_id: str) -> ContactPoint:
    """Return a person's contact point.

    Raises:
        Refused: 404, the person has none of this id.
    """
    for one in user.contact_points:
        if one.id == point_id:
            return one
    raise Refused.not_found()


def put(desk: Desk, user: User, points: tuple[ContactPoint, ...]) -> None:
    """Store a person's contact points."""
    desk.draft.put(user.model_copy(update={"contact_points": points}))


def checked_kind(word: str | None) -> Kind:
    """Return a kind of contact point.

    Raises:
        Invalid: there is no such kind.
    """
    for kind in KINDS:
        if kind == word:
            return kind
    raise Invalid.field("kind", f"Must be one of {', '.join(KINDS)}.")


def clear(desk: Desk, point: ContactPoint) -> str:
    """Return the whole address of a contact point."""
    return desk.tools.secrets.decrypt(point.secret_encrypted) if point.secret_encrypted else point.address


def is_same(desk: Desk, one: ContactPoint, other: ContactPoint) -> bool:
    """Whether two contact points are one way to one place."""
    return (one.kind, one.address) == (other.kind, other.address) and clear(desk, one) == clear(desk, other)
