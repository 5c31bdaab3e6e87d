"""What each medium makes of the texts of its templates: mark-up, fallback titles and lengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from shared.domain.markup import (
    cut,
    escaped,
    html_of,
    is_link,
    one_line,
    plain,
    telegram_html,
    with_emoji,
    without_slack_marks,
)
from shared.domain.model import Card

SPOKEN_LIMIT = 300
MOBILE_LIMIT = 200
SLACK_SECTION_LIMIT = 2800
# Telegram takes 4096 characters; some are left for the envelope's state line and links.
TELEGRAM_LIMIT = 3600
TRIMMED = "\n… (trimmed)"


class Texts(NamedTuple):
    """What a medium's templates made; None where there is nothing."""

    title: str | None = None
    message: str | None = None
    image_url: str | None = None


CardMaker = Callable[[Texts, str | None, str], Card]


def prepared_for_telegram(value: Any) -> Any:
    """Return a payload with every text in it escaped for HTML and Slack's marks written out."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, dict):
        return {name: prepared_for_telegram(one) for name, one in value.items()}
    return [prepared_for_telegram(one) for one in value] if isinstance(value, list) else value


def _image(texts: Texts) -> str | None:
    address = (texts.image_url or "").strip()
    return address if is_link(address) else None


def _title(texts: Texts, fallback: str) -> str:
    return one_line(texts.title or "") or fallback


def _web(texts: Texts, source_link: str | None, _: str) -> Card:
    """The title is text, for the page to escape; the message is HTML."""
    title = with_emoji(without_slack_marks(_title(texts, "Alert")))
    return Card(
        title=title, message=html_of(texts.message or ""), image_url=_image(texts), source_link=source_link
    )


def _slack(texts: Texts, source_link: str | None, group_url: str) -> Card:
    ending = f"\n… (trimmed, <{group_url}|read all>)" if group_url else TRIMMED
    message = cut(texts.message or "", SLACK_SECTION_LIMIT, ending)
    return Card(
        title=_title(texts, "Alert"), message=message, image_url=_image(texts), source_link=source_link
    )


def _telegram(texts: Texts, source_link: str | None, group_url: str) -> Card:
    note = f'\n… (trimmed, <a href="{escaped(group_url)}">read all</a>)' if group_url else TRIMMED
    title = telegram_html(_title(texts, "Alert"), TELEGRAM_LIMIT // 3, "…").strip() or "Alert"
    message = telegram_html(texts.message or "", TELEGRAM_LIMIT - len(title), note)
    return Card(title=title, message=message, image_url=_image(texts), source_link=source_link)


def _sms(texts: Texts, source_link: str | None, _: str) -> Card:
    title = cut(one_line(plain(texts.title or "")) or "Incident", SPOKEN_LIMIT)
    return Card(title=title, source_link=source_link)


def _phone_call(texts: Texts, source_link: str | None, _: str) -> Card:
    spoken = one_line(plain(texts.title or "").replace('"', ""))
    return Card(title=cut(spoken or "Incident", SPOKEN_LIMIT), source_link=source_link)


def _mobile_app(texts: Texts, source_link: str | None, _: str) -> Card:
    title = cut(one_line(plain(texts.title or "")) or "New Alert", MOBILE_LIMIT)
    return Card(
        title=title,
        message=cut(plain(cut(texts.message or "", 5 * MOBILE_LIMIT)), MOBILE_LIMIT),
        source_link=source_link,
    )


def _markdown(texts: Texts, source_link: str | None, _: str) -> Card:
    """Mattermost and Teams read Markdown; Teams does not know emoji codes, so both get the signs."""
    message = with_emoji(without_slack_marks(texts.message or ""))
    title = with_emoji(without_slack_marks(_title(texts, "Alert")))
    return Card(title=title, message=message, image_url=_image(texts), source_link=source_link)


CARD_OF: dict[str, CardMaker] = {
    "web": _web,
    "slack": _slack,
    "telegram": _telegram,
    "sms": _sms,
    "phone_call": _phone_call,
    "email": _web,
    "mobile_app": _mobile_app,
    "mattermost": _markdown,
    "msteams": _markdown,
}
