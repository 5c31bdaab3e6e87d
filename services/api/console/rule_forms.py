"""Notification rules on a person's page: added, changed, moved by one place, removed."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.api.console.person_forms import shown_again
from services.api.console.visits import Visit
from services.api.contact_points import own_user_of
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Desk
from services.api.resources.rules import RULES
from shared.domain.configuration import Rule

STEPS = {"up": -1, "down": 1}


@shown_again
async def add_rule(visit: Visit) -> web.Response:
    """POST: adds a rule at the end of one of the two lists."""
    user = own_user_of(await visit.api.desk(visit.principal), visit.request.match_info["id"])
    important = visit.form.get("important") == "yes"
    body = {**_body(visit), "user_id": user.id, "important": important}
    await visit.objects(RULES).create(body)
    return _back(visit)


@shown_again
async def change_rule(visit: Visit) -> web.Response:
    """POST: changes what a rule does."""
    rule = _own(await visit.api.desk(visit.principal), visit)
    await visit.objects(RULES).change(rule.id, _body(visit))
    return _back(visit)


@shown_again
async def move_rule(visit: Visit) -> web.Response:
    """POST: has a rule change places with its neighbour; at the end of its list nothing happens."""
    rule = _own(await visit.api.desk(visit.principal), visit)
    step = STEPS.get(visit.form.get("to", ""))
    if step is None:
        raise Invalid.field("to", "Must be up or down.")
    config = await visit.api.configuration.load()
    rules = config.rules_of.get((rule.user_id, rule.important), ())
    there = next((at for at, one in enumerate(rules) if one.id == rule.id), -2) + step
    if 0 <= there < len(rules):
        body = {"position": rules[there].position, "manual_order": True}
        await visit.objects(RULES).change(rule.id, body)
    return _back(visit)


async def remove_rule(visit: Visit) -> web.Response:
    """POST: removes a rule."""
    rule = _own(await visit.api.desk(visit.principal), visit)
    await visit.objects(RULES).remove(rule.id)
    return _back(visit)


def _own(desk: Desk, visit: Visit) -> Rule:
    """Return the rule that the address names.

    Raises:
        Refused: 404, the person has none of this id; 403, it is somebody else's.
    """
    user = own_user_of(desk, visit.request.match_info["id"])
    rule = desk.draft.get(Rule, visit.request.match_info["rule_id"])
    if rule is None or rule.user_id != user.id:
        raise Refused.not_found()
    return rule


def _body(visit: Visit) -> dict[str, Any]:
    """Return the body of the API: the type, a wait's length, the hours of whatever tells somebody."""
    form = visit.form
    type = form.get("type", "")
    if type == "wait":
        return {"type": type, "duration": _seconds(form.get("minutes", "")), "only_between": None}
    begins, ends = form.get("from_time", ""), form.get("to_time", "")
    if not begins and not ends:
        return {"type": type, "only_between": None}
    hours = {
        "from_time": begins,
        "to_time": ends,
        "time_zone": form.get("time_zone", "").strip() or str(visit.zone),
        "weekdays": form.getall("weekday", []),
    }
    return {"type": type, "only_between": hours}


def _seconds(minutes: str) -> int:
    text = minutes.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid.field("minutes", "Must be a whole number of minutes.")
    return int(text) * 60


def _back(visit: Visit) -> web.Response:
    return visit.see(f"/users/{visit.request.match_info['id']}#rules")
