"""Responders: people who are paged for a group directly, whatever its chain does, and taken off again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.domain.action import Asked, Refused, Step, refuse
from shared.domain.model import Actor, Group, Responder, State
from shared.events import GroupResponderAdded, GroupResponderRemoved, derived_id

MAX_RESPONDERS = 200


def page(asked: Asked) -> Step:
    """Page people directly. Who is being paged already is paged anew only when it has become important.

    Raises:
        Refused: the group is over or attached, or all of them are being paged already.
    """
    group, request = asked.group, asked.request
    refuse(group, State.RESOLVED)
    if group.root_id is not None:
        raise Refused(f"the group is attached to {group.root_id}: page people for that one")
    active = {one.user_id: one for one in group.responders if one.is_active}
    new = [one for one in _each_once(request.responders) if _is_new(one, active.get(one.user_id))]
    if not new:
        raise Refused("everybody named is being paged directly already")
    called = {one.user_id for one in new}
    kept = tuple(one for one in group.responders if one.user_id not in called)
    if len(kept) + len(new) > MAX_RESPONDERS:
        raise Refused(f"a group has at most {MAX_RESPONDERS} responders")
    added = called_now(new, request.id, asked.now, request.actor)
    fields = {"user_ids": tuple(one.user_id for one in added)}
    return Step({"responders": (*kept, *added)}, GroupResponderAdded, fields)


def unpage(asked: Asked) -> Step:
    """Take people off: their rules stop. A responder without a user stands for all who were called as a team.

    Raises:
        Refused: none of them is being paged directly.
    """
    users = {one.user_id for one in asked.request.responders if one.user_id}
    teams = {one.team_id for one in asked.request.responders if not one.user_id}
    gone = [
        one
        for one in asked.group.responders
        if one.is_active and (one.user_id in users or (one.team_id is not None and one.team_id in teams))
    ]
    if not gone:
        raise Refused("nobody of those named is being paged directly")
    after = tuple(
        one.model_copy(update={"removed_at": asked.now}) if one in gone else one
        for one in asked.group.responders
    )
    fields = {"user_ids": tuple(one.user_id for one in gone)}
    return Step({"responders": after}, GroupResponderRemoved, fields)


def called_now(
    responders: Iterable[Responder], cause_id: str, now: datetime, by: Actor
) -> tuple[Responder, ...]:
    """Return responders as they are called at this time; the id of each call follows from its cause."""
    return tuple(
        Responder(
            user_id=one.user_id,
            page_id=derived_id("page", cause_id, one.user_id),
            team_id=one.team_id,
            important=one.important,
            paged_at=now,
            paged_by=by,
        )
        for one in responders
    )


def answered(group: Group, by: Actor, now: datetime) -> tuple[Responder, ...]:
    """Return the responders after somebody acknowledged: only his own call is answered by it."""
    return tuple(
        one.model_copy(update={"answered_at": now})
        if one.is_active and by.kind == "user" and one.user_id == by.id
        else one
        for one in group.responders
    )


def _each_once(responders: Iterable[Responder]) -> list[Responder]:
    """Return each person once; whoever is named twice is important if one of the two is."""
    found: dict[str, Responder] = {}
    for one in responders:
        known = found.get(one.user_id)
        if one.user_id and (known is None or (one.important and not known.important)):
            found[one.user_id] = one
    return list(found.values())


def _is_new(wanted: Responder, known: Responder | None) -> bool:
    return known is None or (wanted.important and not known.important)
