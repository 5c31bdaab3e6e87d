"""Everything else, by Apprise: its API server is asked to hand the message to a service that a URL names.

Not the library in this process: it does its own I/O, which no address check of ours could see (docs/adr/0034).
"""

from __future__ import annotations

import json
import re

from pydantic import BaseModel, Field, SecretStr

from shared.channels import push_text
from shared.channels.answers import basic, json_object, line, passing
from shared.channels.channel import Call, Channel, HttpCall, HttpReply, Message, Notice, Outcome, Reply
from shared.domain.markup import cut
from shared.domain.send_outcome import NoWord, Refused, Sent

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://\S{1,2000}")
# What would have the server itself read its files or run its plug-ins of the system.
_REFUSED = frozenset({"file", "syslog", "dbus", "glib", "kde", "qt", "gnome", "macosx", "windows"})
_TYPES = {"firing": "failure", "acknowledged": "info", "silenced": "info", "resolved": "success"}
_NOTICE_LIMIT = 900


class AppriseSettings(BaseModel):
    """The Apprise API server (caronc/apprise-api) that sends for us."""

    url: str = Field(default="", description="of the Apprise API server")
    username: str = Field(default="", description="where a proxy in front of it wants a login")
    password: SecretStr = SecretStr("")
    timeout_s: float = 30.0


def unready(settings: AppriseSettings) -> str | None:
    """Return what is missing before anything can be sent."""
    return None if push_text.is_url(settings.url) else "Apprise is not set up: TOCSIN_APPRISE_URL is empty"


def address(text: str) -> str | None:
    """Return one URL as Apprise reads it; None for several, and for what would act on the server's own machine."""
    found = text.strip()
    if not _URL.fullmatch(found) or "," in found:
        return None
    return None if found.partition(":")[0].lower() in _REFUSED else found


def post(message: Message, target: str, settings: AppriseSettings) -> Call:
    """Describe the message; the links that act come at its end, because services have no buttons in common."""
    links = [
        f"{label}: {url}"
        for label, url in (
            ("Acknowledge", push_text.act_url(message, "acknowledge")),
            ("Resolve", push_text.act_url(message, "resolve")),
            ("Open", message.url if push_text.is_url(message.url) else ""),
        )
        if url
    ]
    text = "\n".join([push_text.text(message), *links])
    return _call(target, push_text.title(message), text, _TYPES[message.group.state.value], settings)


def notice(notice: Notice, target: str, settings: AppriseSettings) -> Call:
    """Describe plain words."""
    title, text = cut(notice.title, push_text.TITLE_LIMIT), cut(notice.text, _NOTICE_LIMIT)
    return _call(target, title, text or title, "info", settings)


def read(reply: Reply) -> Outcome:
    """Judge the answer.

    424: the service did not take it, or did not answer Apprise in time. Failed, so that the next rule runs, and
    never repeated, because it may have arrived.
    """
    judged = passing(reply, "Apprise")
    if not isinstance(judged, HttpReply):
        return judged
    if judged.status == 200:
        return Sent(handle="taken by Apprise")
    if judged.status == 204:
        return Refused("Apprise knows no service of this URL")
    if judged.status == 424:
        return Refused("Apprise could not hand it to the service, or had no answer from it")
    if judged.status < 300:
        return NoWord(f"Apprise answered {judged.status}")
    said = line(json_object(judged).get("error", "no reason given"))
    return Refused(f"Apprise answered {judged.status}: {said}")


def _call(target: str, title: str, text: str, kind: str, settings: AppriseSettings) -> HttpCall:
    body = {"urls": target, "title": title, "body": text, "type": kind, "format": "text"}
    headers = {"Content-Type": "application/json", "Accept": "application/json", **_login(settings)}
    payload = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    url = f"{settings.url.rstrip('/')}/notify/"
    return HttpCall("POST", url, headers, payload, settings.timeout_s, trusted=True)


def _login(settings: AppriseSettings) -> dict[str, str]:
    if not settings.username:
        return {}
    return {"Authorization": basic(settings.username, settings.password.get_secret_value())}


CHANNEL = Channel(
    slug="apprise",
    title="Apprise",
    prefix="apprise_",
    settings=AppriseSettings,
    unready=unready,
    post=post,
    read=read,
    kind="apprise",
    pages=("apprise",),
    address=address,
    notice=notice,
)
