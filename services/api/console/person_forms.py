"""What a person's page changes: the profile, contact points and their codes, tests, the time zone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from services.api import contact_points, trial_notices, verification
from services.api.console.form_fields import whole
from services.api.console.person_page import show_person
from services.api.console.visits import CONSOLE, Visit, reasons
from services.api.contact_points import own_user_of
from services.api.notices import outcome_of
from services.api.on_call_reminders import OnCallRemindersBody, set_reminders
from services.api.refusals import Refused
from services.api.resources.contact_points import ContactPointBody
from services.api.resources.desk import Desk
from services.api.resources.users import USERS, UserBody
from services.api.resources.users import change as change_user
from shared.errors import Unavailable

Form = Callable[[Visit], Awaitable[web.Response]]


def shown_again(form: Form) -> Form:
    """Show the page with what was wrong with its form, in the form's place of a page of errors."""

    # What the templates call the form whose fields they show as they were sent.
    name = getattr(form, "__name__", "")

    async def answer(visit: Visit) -> web.Response:
        try:
            return await form(visit)
        except Refused as refused:
            if refused.status not in (400, 429):
                raise
            return await show_person(visit, reasons(refused), refused.status, refused=name)
        except Unavailable as error:
            problems = [f"Not available now: {error.reason}. Try again."]
            return await show_person(visit, problems, 503, refused=name)

    return answer


@shown_again
async def change_profile(visit: Visit) -> web.Response:
    """POST: an admin changes what a user is."""
    body: dict[str, Any] = {
        name: visit.form[name].strip() for name in ("username", "name", "email", "role") if name in visit.form
    }
    if "phone_number" in visit.form:
        body["phone_number"] = visit.form["phone_number"].strip() or None
    if "slack_user_id" in visit.form:
        slack = {
            "user_id": visit.form["slack_user_id"].strip(),
            "team_id": visit.form.get("slack_team_id", ""),
        }
        body["slack"] = slack
    if "with_teams" in visit.form:
        body["teams"] = visit.form.getall("team", [])
    await visit.objects(USERS).change(_id(visit), body)
    return _back(visit, "profile")


async def remove_person(visit: Visit) -> web.Response:
    """POST: an admin removes a user, with the password and the sessions."""
    console = visit.request.app[CONSOLE]
    user = own_user_of(await visit.api.desk(visit.principal), _id(visit))
    await visit.objects(USERS).remove(user.id)
    await console.passwords.remove(user.id)
    await console.password_links.remove(user.id)
    await console.sessions.end_of_user(user.id)
    return visit.see("/users")


@shown_again
async def choose_time_zone(visit: Visit) -> web.Response:
    """POST: the person's own time zone, or an admin's for them."""
    body = UserBody(timezone=visit.form.get("timezone", "").strip())

    def edit(desk: Desk) -> None:
        change_user(desk, own_user_of(desk, _id(visit)), body)

    await visit.api.edit(visit.principal, edit)
    return _back(visit, "you")


@shown_again
async def choose_reminders(visit: Visit) -> web.Response:
    """POST: how long before a time on call the person is told, and how."""
    before = [found for one in visit.form.getall("before", []) if (found := whole(one)) is not None]
    body = OnCallRemindersBody(before=before, channel=visit.form.get("channel"))
    await set_reminders(visit.api, visit.principal, _id(visit), body)
    return _back(visit, "you")


@shown_again
async def add_contact(visit: Visit) -> web.Response:
    """POST: adds a contact point and sends its code; of a kind that is linked, shows the link once."""
    body = ContactPointBody(kind=visit.form.get("kind"), address=visit.form.get("address", "").strip())
    made = await contact_points.add(visit.api, visit.principal, _id(visit), body)
    if "command" in made:
        return await show_person(visit, link=made)
    if not made["is_usable"]:
        await verification.send(visit.api, visit.principal, (_id(visit), made["id"]), None)
    return _back(visit, "contacts")


@shown_again
async def send_code(visit: Visit) -> web.Response:
    """POST: sends a (new) code to a contact point."""
    sent = await verification.send(
        visit.api, visit.principal, _point(visit), visit.form.get("channel") or None
    )
    return _back(visit, "contacts", sent["id"])


@shown_again
async def verify(visit: Visit) -> web.Response:
    """POST: the code that came."""
    await verification.prove(visit.api, visit.principal, _point(visit), visit.form.get("code"))
    return _back(visit, "contacts")


@shown_again
async def remove_contact(visit: Visit) -> web.Response:
    """POST: takes a contact point away."""
    await contact_points.remove(visit.api, visit.principal, *_point(visit))
    return _back(visit, "contacts")


@shown_again
async def send_test(visit: Visit) -> web.Response:
    """POST: sends the person a test and waits up to 10 s for what becomes of it."""
    channel = visit.form.get("channel", "")
    notice_id = await trial_notices.ask_trial(visit.api, visit.principal, _id(visit), channel)
    await outcome_of(visit.api, notice_id)
    return _back(visit, "test", notice_id)


def _id(visit: Visit) -> str:
    return visit.request.match_info["id"]


def _point(visit: Visit) -> tuple[str, str]:
    return _id(visit), visit.request.match_info["point_id"]


def _back(visit: Visit, part: str, notice_id: str = "") -> web.Response:
    query = f"?notice={notice_id}" if notice_id else ""
    return visit.see(f"/users/{_id(visit)}{query}#{part}")
