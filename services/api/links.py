"""Links and buttons that act without signing in: a signed ticket is shown as a question, and done when answered.

A GET changes nothing: mail programs and scanners open links by themselves.
"""

from __future__ import annotations

from html import escape

from aiohttp import web

from services.api import page_text
from services.api.acting import NOT_ACCEPTED, READ_ONLY, Acting, Wanted, Way
from services.api.api import API
from shared.channels.callback import SILENCE_S
from shared.domain.model import Group
from shared.domain.tickets import ANY, Ticket
from shared.errors import Permanent, Unavailable
from shared.events import derived_id
from shared.store.alert_groups import AlertGroups

LINK = Way("link", "")
_LABELS = {
    "acknowledge": "Acknowledge",
    "resolve": "Resolve",
    "silence": "Silence for 30 minutes",
}


async def ask(request: web.Request) -> web.Response:
    """GET: what the button would do, and the button."""
    try:
        ticket = _ticket(request)
    except Permanent as error:
        return _page("Tocsin", escape(error.reason), 403)
    group = await AlertGroups(request.app[API].database).get(ticket.group_id)
    if group is None:
        return _page("Tocsin", "This alert group no longer exists.", 404)
    label = _LABELS[ticket.action]
    state = f'<p><span class="state {escape(group.state.value)}">{escape(group.state.value)}</span></p>'
    return _page(_title(group), f'{state}<form method="post"><button>{escape(label)}</button></form>')


async def act(request: web.Request) -> web.Response:
    """POST: does it, and answers in words; 403 for a ticket that is not valid, 503 when it was not accepted."""
    try:
        ticket = _ticket(request)
    except Permanent as error:
        return _said(error.reason, 403)
    api = request.app[API]
    # The ticket is the id: pressed twice, it is done once.
    id = derived_id("link", request.match_info["ticket"])
    delay_s = SILENCE_S if ticket.action == "silence" else None
    wanted = Wanted(id, ticket.group_id, ticket.action, delay_s, ticket.run)
    user = api.live.current.user_by_id.get(ticket.user_id)
    try:
        words = await Acting(api).act(wanted, user, LINK)
    except Unavailable:
        return _said(NOT_ACCEPTED, 503)
    return _said(words, 403 if words == READ_ONLY else 200)


def _ticket(request: web.Request) -> Ticket:
    """Return the ticket of a link.

    Raises:
        Permanent: it is not valid; the sentence is for its bearer.
    """
    ticket = Acting(request.app[API]).ticket(request.match_info["ticket"])
    if ticket.action == ANY or not ticket.user_id:
        raise Permanent("This link is not valid.")
    return ticket


def _title(group: Group) -> str:
    number = f"#{group.number} " if group.number is not None else ""
    return f"{number}{group.title or 'Alert group'}"


def _said(words: str, status: int) -> web.Response:
    response = _page("Tocsin", f"<p>{escape(words)}</p>", status)
    # Push apps in a browser press from their own site; the ticket is all the authority there is.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _page(title: str, body: str, status: int = 200) -> web.Response:
    text = page_text.page(title, body)
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
