"""Push by ntfy: a topic of the person's own, with buttons that acknowledge, resolve and silence at a tap."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from shared.channels import push_text
from shared.channels.answers import basic, json_object, line, passing
from shared.channels.channel import Call, Channel, HttpCall, HttpReply, Message, Notice, Outcome, Reply
from shared.domain.markup import cut
from shared.domain.send_outcome import NoWord, Refused, Sent

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
# ntfy takes 4096 bytes; push_text gives at most 900 signs.
_NOTICE_LIMIT = 900
_URGENT, _HIGH, _DEFAULT = 5, 4, 3
_BUTTONS = (("acknowledge", "Acknowledge"), ("resolve", "Resolve"), ("silence", "Silence 30 min"))
_TAGS = {
    "firing": "rotating_light",
    "acknowledged": "eyes",
    "silenced": "mute",
    "resolved": "white_check_mark",
}


class NtfySettings(BaseModel):
    """The server that topics without an address of their own are on."""

    url: str = "https://ntfy.sh"
    token: SecretStr = Field(default=SecretStr(""), description="access token of our account, tk_…")
    username: str = Field(default="", description="login in the token's place")
    password: SecretStr = SecretStr("")
    timeout_s: float = 15.0


def unready(settings: NtfySettings) -> str | None:
    """Return what is missing before anything can be published."""
    return None if push_text.is_url(settings.url) else "ntfy is not set up: TOCSIN_NTFY_URL is no URL"


def address(text: str) -> str | None:
    """Return a topic, or the URL of a topic on a server of the person's choice; None when it is neither."""
    found = text.strip().rstrip("/")
    if _TOPIC.fullmatch(found):
        return found
    try:
        parts = urlsplit(found)
        is_plain = (
            parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
        )
        is_plain = is_plain and parts.username is None and parts.port is not False
    except ValueError:
        return None
    topic = parts.path.rpartition("/")[2]
    return found if is_plain and _TOPIC.fullmatch(topic) else None


def post(message: Message, target: str, settings: NtfySettings) -> Call:
    """Describe the message; an important page rings through where the phone lets it."""
    body: dict[str, Any] = {
        "title": push_text.title(message),
        "message": push_text.text(message),
        "priority": (_URGENT if message.important else _HIGH) if message.group.is_firing else _DEFAULT,
        "tags": [_TAGS[message.group.state.value]],
    }
    if push_text.is_url(message.url):
        body["click"] = message.url
    links = [(label, push_text.act_url(message, action)) for action, label in _BUTTONS]
    buttons = [
        {"action": "http", "label": label, "url": url, "method": "POST", "clear": True}
        for label, url in links
        if url
    ]
    if buttons:
        body["actions"] = buttons
    return _call(body, target, settings)


def notice(notice: Notice, target: str, settings: NtfySettings) -> Call:
    """Describe plain words."""
    body = {"title": cut(notice.title, push_text.TITLE_LIMIT), "message": cut(notice.text, _NOTICE_LIMIT)}
    return _call(body, target, settings)


def read(reply: Reply) -> Outcome:
    """Judge the answer; the handle is the message's id."""
    judged = passing(reply, "ntfy")
    if not isinstance(judged, HttpReply):
        return judged
    body = json_object(judged)
    if judged.status == 200:
        return (
            Sent(handle=line(body["id"], 64)) if body.get("id") else NoWord("ntfy took it without naming it")
        )
    return Refused(f"ntfy answered {judged.status}: {line(body.get('error', 'no reason given'))}")


def _call(body: dict[str, Any], target: str, settings: NtfySettings) -> HttpCall:
    headers = {"Content-Type": "application/json"}
    server, is_ours = settings.url, True
    if "://" in target:
        server, _, target = target.rpartition("/")
        is_ours = False
    if is_ours:
        headers |= _login(settings)
    payload = json.dumps({"topic": target, **body}, ensure_ascii=False).encode("utf-8", "replace")
    return HttpCall("POST", server.rstrip("/") + "/", headers, payload, settings.timeout_s, trusted=is_ours)


def _login(settings: NtfySettings) -> dict[str, str]:
    token = settings.token.get_secret_value()
    if token:
        return {"Authorization": f"Bearer {token}"}
    if settings.username:
        return {"Authorization": basic(settings.username, settings.password.get_secret_value())}
    return {}


CHANNEL = Channel(
    slug="ntfy",
    title="ntfy",
    prefix="ntfy_",
    settings=NtfySettings,
    unready=unready,
    post=post,
    read=read,
    kind="ntfy",
    pages=("ntfy", "mobile_app", "mobile_app_critical"),
    address=address,
    notice=notice,
)
