"""What an SMS says and what a call speaks, whichever provider carries it."""

from __future__ import annotations

import re

from shared.channels.callback import SILENCE_S
from shared.channels.channel import Message, Notice
from shared.channels.group_state import count

# Together with state, commands and link under the 1000 characters that every provider takes.
SMS_LIMIT = 400
NOTE_LIMIT = 200
SPOKEN_LIMIT = 500
KEYS = {"1": "acknowledge", "2": "resolve", "3": "silence"}
KEYS_TEXT = "Press 1 to acknowledge, 2 to resolve, 3 to silence for 30 minutes."
WRONG_KEY_TEXT = "This key does nothing."
# What XML 1.0 cannot carry, and what no voice reads.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def phone_number(text: str) -> str | None:
    """Return a number in E.164, None when it is none. Blanks and the usual signs between digits are left out."""
    number = re.sub(r"[\s()./-]", "", text)
    return number if _E164.fullmatch(number) else None


def silence_of(action: str) -> int | None:
    """Return how long a short button silences for."""
    return SILENCE_S if action == "silence" else None


def sms(message: Message) -> str:
    """Return the whole text of an SMS."""
    group = message.group
    title = clean(message.card.title) or "Alert"
    lines = [title[:SMS_LIMIT]]
    if message.note:
        lines.append(clean(message.note)[:NOTE_LIMIT])
    if message.about == 1:
        number = f"#{group.number} " if group.number is not None else ""
        lines.append(f"{number}{group.state.value}, {count(group)}")
    if message.can_act and group.number is not None:
        number = str(group.number)
        lines.append(f'Reply "ack {number}", "resolve {number}" or "silence {number} 30".')
    if message.url and len(message.url) <= NOTE_LIMIT:
        lines.append(message.url)
    return "\n".join(lines)


def sms_notice(notice: Notice) -> str:
    """Return the text of an SMS that is about no alert group."""
    return f"{clean(notice.title)[:NOTE_LIMIT]}\n{clean(notice.text)[:SMS_LIMIT]}".strip()


def spoken_notice(notice: Notice) -> str:
    """Return what a call says that is about no alert group; said twice, because there is no key to ask again."""
    once = f"{clean(notice.title)[:NOTE_LIMIT]}. {clean(notice.text)[:SPOKEN_LIMIT]}".replace("\n", " ")
    return f"{once} I repeat: {once}"


def spoken(message: Message) -> str:
    """Return what a call says before it names the keys."""
    title = clean(message.card.title).replace("\n", " ")[:SPOKEN_LIMIT] or "Alert"
    group = message.group
    if message.about > 1:
        return f"{title}."
    number = f" number {group.number}" if group.number is not None else ""
    note = f" {clean(message.note)[:NOTE_LIMIT]}" if message.note else ""
    return f"Alert group{number} is {group.state.value}. {title}.{note}"


def clean(text: str) -> str:
    """Return the text without characters that XML and voices cannot carry."""
    return _UNSPEAKABLE.sub(" ", text).strip()
