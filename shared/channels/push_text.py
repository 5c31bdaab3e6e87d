"""What a push message says: plain text for small screens, whichever service carries it."""

from __future__ import annotations

from shared.channels.channel import Message
from shared.channels.group_state import count
from shared.domain.markup import cut

TITLE_LIMIT = 200
TEXT_LIMIT = 900


def title(message: Message) -> str:
    """Return one line: number and title."""
    group = message.group
    number = f"#{group.number} " if group.number is not None and message.about == 1 else ""
    text = " ".join(_clean(message.card.title).split()) or "Alert"
    return cut(number + text, TITLE_LIMIT)


def text(message: Message) -> str:
    """Return the rest; never empty."""
    group = message.group
    parts = [_clean(message.note), cut(_clean(message.card.message).strip(), TEXT_LIMIT // 2)]
    if message.about > 1:
        parts.append(f"{message.about} alert groups")
    else:
        parts.append(f"{group.state.value}, {count(group)}")
    return cut("\n".join(part for part in parts if part), TEXT_LIMIT)


def is_url(text: str) -> bool:
    """Whether the text can be opened by a tap."""
    return text.startswith(("https://", "http://"))


def act_url(message: Message, action: str) -> str:
    """Return the link that does an action, empty where there is nothing to do."""
    ticket = message.tickets.get(action, "") if message.can_act else ""
    return f"{message.callback_url.rstrip('/')}/act/{ticket}" if ticket and message.callback_url else ""


def _clean(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in text)
