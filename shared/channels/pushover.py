"""Push by Pushover: an important page repeats on the phone until it is acknowledged, or nobody wants it any more."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import BaseModel, Field, SecretStr

from shared.channels import push_text
from shared.channels.answers import json_object, line, passing
from shared.channels.callback import Callbacks, Heard, Incoming, Press, Response, Told
from shared.channels.channel import (
    Call,
    Channel,
    HttpCall,
    HttpReply,
    Message,
    Notice,
    Outcome,
    Reply,
    Reports,
)
from shared.domain.markup import cut
from shared.domain.send_outcome import NoWord, Refused, Report, Retry, Sent
from shared.errors import Permanent
from shared.events import derived_id

_KEY = re.compile(r"[A-Za-z0-9]{30}")
_URL_LIMIT = 512
_NOTICE_LIMIT = 1000
_EMERGENCY, _HIGH, _NORMAL = "2", "1", "0"
# As long as a page can repeat, so that its repetitions end soon after nobody wants it any more.
_ASKED_AFTER_S = (30.0,) * 361


class PushoverSettings(BaseModel):
    """The application at Pushover, and how it insists."""

    api_url: str = "https://api.pushover.net"
    token: SecretStr = Field(default=SecretStr(""), description="API token of the application")
    retry_s: int = Field(default=60, ge=30, le=10_800, description="an important page rings again after")
    expire_s: int = Field(default=1800, ge=30, le=10_800, description="and stops by itself after")
    timeout_s: float = 15.0


def unready(settings: PushoverSettings) -> str | None:
    """Return what is missing before anything can be sent."""
    return (
        None
        if settings.token.get_secret_value()
        else "Pushover is not set up: TOCSIN_PUSHOVER_TOKEN is empty"
    )


def address(text: str) -> str | None:
    """Return a user or group key, None when it is none."""
    found = text.strip()
    return found if _KEY.fullmatch(found) else None


def post(message: Message, target: str, settings: PushoverSettings) -> Call:
    """Describe the message; its link acknowledges, or leads to the group."""
    fields = {
        "user": target,
        "title": push_text.title(message),
        "message": push_text.text(message),
        "timestamp": str(int(message.sent_at.timestamp())),
    }
    acknowledge = push_text.act_url(message, "acknowledge")
    if acknowledge and len(acknowledge) <= _URL_LIMIT:
        fields |= {"url": acknowledge, "url_title": "Acknowledge"}
    elif push_text.is_url(message.url) and len(message.url) <= _URL_LIMIT:
        fields |= {"url": message.url, "url_title": "Open"}
    if message.important and message.group.is_firing:
        fields |= {
            "priority": _EMERGENCY,
            "retry": str(settings.retry_s),
            "expire": str(settings.expire_s),
            **_callback(message),
        }
    else:
        fields["priority"] = _HIGH if message.group.is_firing else _NORMAL
    return _call("messages.json", fields, settings)


def notice(notice: Notice, target: str, settings: PushoverSettings) -> Call:
    """Describe plain words."""
    fields = {
        "user": target,
        "title": cut(notice.title, push_text.TITLE_LIMIT),
        "message": cut(notice.text, _NOTICE_LIMIT) or notice.title,
        "priority": _NORMAL,
    }
    return _call("messages.json", fields, settings)


def read(reply: Reply) -> Outcome:
    """Judge the answer; the handle is the receipt of a page that repeats, else the id of the request."""
    judged = passing(reply, "Pushover")
    if not isinstance(judged, HttpReply):
        return judged
    body = json_object(judged)
    if judged.status == 200 and body.get("status") == 1:
        handle = body.get("receipt") or body.get("request")
        return Sent(handle=line(handle, 64)) if handle else NoWord("Pushover took it without naming it")
    errors = body.get("errors")
    said = "; ".join(line(one, 100) for one in errors[:3]) if isinstance(errors, list) else "no reason given"
    return Refused(f"Pushover answered {judged.status}: {said}")


def status(handle: str, settings: PushoverSettings) -> Call | None:
    """Describe the question whether a page that repeats was acknowledged; of others nothing more is known."""
    if not _KEY.fullmatch(handle):
        return None
    query = urlencode({"token": settings.token.get_secret_value()})
    url = f"{settings.api_url.rstrip('/')}/1/receipts/{handle}.json?{query}"
    return HttpCall("GET", url, {}, None, settings.timeout_s, trusted=True)


def judge(reply: Reply) -> Report | Retry | Refused:
    """Read the answer to it."""
    judged = passing(reply, "Pushover")
    if not isinstance(judged, HttpReply):
        return judged if isinstance(judged, Retry | Refused) else Retry(judged.reason)
    body = json_object(judged)
    if body.get("status") != 1:
        return Refused(f"Pushover answered {judged.status}")
    if body.get("acknowledged") == 1:
        return Report("read", is_final=True)
    if body.get("last_delivered_at"):
        return Report("delivered")
    return Refused("the page has ended unseen") if body.get("expired") == 1 else Retry("not delivered yet")


def cancel(handle: str, settings: PushoverSettings) -> Call | None:
    """Describe the end of a page's repetitions."""
    if not _KEY.fullmatch(handle):
        return None
    return _call(f"receipts/{quote(handle, safe='')}/cancel.json", {}, settings)


def hear(incoming: Incoming) -> Heard:
    """Return that the person acknowledged; whose page it was says the ticket in the URL that only Pushover has."""
    fields = {name: values[-1] for name, values in _fields(incoming.body).items()}
    query = {name: values[-1] for name, values in parse_qs(urlsplit(incoming.url).query).items()}
    receipt = fields.get("receipt", "")
    if incoming.part != "receipt" or not _KEY.fullmatch(receipt):
        raise Permanent("a callback of Pushover without a receipt")
    if fields.get("acknowledged") != "1":
        return Heard()
    press = Press(derived_id("pushover", receipt), "acknowledge", ticket=query.get("ticket", ""))
    return Heard(presses=(press,), reports=(Told(Report("read"), query.get("delivery", ""), receipt),))


def answer(incoming: Incoming, words: str) -> Response:
    """Answer with the words, which nobody reads."""
    return Response(body=words.encode())


def _callback(message: Message) -> dict[str, str]:
    ticket = message.tickets.get("acknowledge", "") if message.can_act else ""
    if not ticket or not message.callback_url:
        return {}
    query = urlencode({"delivery": message.id, "ticket": ticket})
    return {"callback": f"{message.callback_url.rstrip('/')}/pushover/receipt?{query}"}


def _call(path: str, fields: dict[str, str], settings: PushoverSettings) -> HttpCall:
    body = urlencode({"token": settings.token.get_secret_value(), **fields}, errors="replace").encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{settings.api_url.rstrip('/')}/1/{path}"
    return HttpCall("POST", url, headers, body, settings.timeout_s, trusted=True)


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode(), max_num_fields=20)
    except ValueError:
        return {}


CHANNEL = Channel(
    slug="pushover",
    title="Pushover",
    prefix="pushover_",
    settings=PushoverSettings,
    unready=unready,
    post=post,
    read=read,
    kind="pushover",
    pages=("pushover", "mobile_app", "mobile_app_critical"),
    address=address,
    notice=notice,
    reports=Reports(status, judge, _ASKED_AFTER_S, cancel),
    callbacks=Callbacks(lambda incoming, settings: True, hear, answer, is_ticketed=True),
)
