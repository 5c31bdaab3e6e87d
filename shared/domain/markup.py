"""Turns what templates write (Markdown, with Slack's signs in it) into what a medium can show."""

from __future__ import annotations

import html
import re
from functools import lru_cache

import nh3
from comrak import ExtensionOptions, RenderOptions, render_markdown

SCHEMES = {"http", "https", "mailto", "tel"}
TELEGRAM_TAGS = {"a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "strike", "strong", "u"}
WEB = nh3.Cleaner(
    link_rel="nofollow noopener", set_tag_attribute_values={"a": {"target": "_blank"}}, url_schemes=SCHEMES
)
TELEGRAM = nh3.Cleaner(
    tags=TELEGRAM_TAGS,
    clean_content_tags={"script", "style"},
    attributes={"a": {"href"}},
    link_rel=None,
    url_schemes=SCHEMES,
)

SLACK_LINK = re.compile(r"<(https?://[^|<>\s]+)\|([^<>]+)>")
SLACK_BARE_LINK = re.compile(r"<(https?://[^|<>\s]+)>")
SLACK_MENTION = re.compile(r"<([@#!])([^|<>\s]+)(?:\|([^<>]+))?>")
# Not "10:30:00".
EMOJI_CODE = re.compile(r":([a-z][a-z0-9_+\-]*|[+-]1|100):")
# The codes that Tocsin's own templates use; any other needs the full table, which is loaded when one is met.
KNOWN_EMOJI = {
    "rotating_light": "🚨",
    "warning": "⚠️",
    "question": "❓",
    "fire": "🔥",
    "white_check_mark": "✅",
    "green_book": "📗",
    "closed_book": "📕",
}
MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]*)\]\(([^)\s]*)\)")
MARKDOWN_LINE_SIGNS = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|```.*$|~~~.*$|(?:[-*_][ \t]*){3,}$)", re.MULTILINE
)
MARKDOWN_EMPHASIS = re.compile(r"(?<![\w*_~`])(\*\*|__|\*|_|~~|~|`+)(?=\S)([^\n]*?\S)\1(?![\w*_~`])")
LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
LINK_LIMIT = 2000
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def is_link(text: str) -> bool:
    """Whether the text is one http(s) address that can be put into a link."""
    return len(text) <= LINK_LIMIT and LINK.fullmatch(text) is not None


def one_line(text: str) -> str:
    """Return the text with every run of white space and control characters as one blank."""
    return " ".join(CONTROLS.sub(" ", text).split())


def cut(text: str, limit: int, ending: str = "…") -> str:
    """Return at most `limit` characters of the text, the `ending` among them when some are missing."""
    return text if len(text) <= limit else text[: max(0, limit - len(ending))] + ending


def with_emoji(text: str) -> str:
    """Return the text with codes such as :fire: as the signs they stand for; unknown codes stay."""
    return EMOJI_CODE.sub(lambda match: _emoji(match[1]), text) if ":" in text else text


@lru_cache(maxsize=1024)
def _emoji(code: str) -> str:
    known = KNOWN_EMOJI.get(code)
    if known is None:
        import emoji  # its table takes 3 MB, and most installations never need it

        known = emoji.emojize(f":{code}:", language="alias")
    return known


def without_slack_marks(text: str) -> str:
    """Return the text with Slack's links and mentions written out: <url|text> as text (url), <@U1> as @U1."""
    if "<" not in text:
        return text
    text = SLACK_LINK.sub(r"\2 (\1)", text)
    text = SLACK_BARE_LINK.sub(r"\1", text)
    return SLACK_MENTION.sub(_mention, text)


def _mention(match: re.Match[str]) -> str:
    sign = "@" if match[1] == "!" else match[1]
    return sign + (match[3] or match[2])


@lru_cache(maxsize=32)
def html_of(text: str) -> str:
    """Return Markdown as clean HTML; a single line break is one, bare addresses are links, tags are shown as text."""
    if "<" in text:
        text = SLACK_LINK.sub(r"[\2](\1)", text)
        text = SLACK_MENTION.sub(_mention, text)
    return WEB.clean(render_markdown(with_emoji(text), EXTENSIONS, None, RENDERING)).strip()


def _rendering() -> RenderOptions:
    options = RenderOptions()
    options.hardbreaks = True
    options.escape = True
    return options


def _extensions() -> ExtensionOptions:
    options = ExtensionOptions()
    options.table = options.autolink = options.strikethrough = True
    return options


RENDERING, EXTENSIONS = _rendering(), _extensions()


def plain(text: str) -> str:
    """Return Markdown (and Slack's marks) as the text a person would read out."""
    text = with_emoji(without_slack_marks(text))
    text = MARKDOWN_LINK.sub(_spelt_link, text)
    text = MARKDOWN_LINE_SIGNS.sub("", text)
    return MARKDOWN_EMPHASIS.sub(r"\2", text).strip()


def _spelt_link(match: re.Match[str]) -> str:
    text, url = match[1], match[2]
    return f"{text} ({url})" if text and text != url else url


def escaped(text: str) -> str:
    """Return the text so that HTML shows it as it is; Slack's marks are written out before."""
    return html.escape(without_slack_marks(text))


def telegram_html(text: str, limit: int, note: str) -> str:
    """Return HTML that Telegram takes: only its tags, all closed, at most `limit` characters, `note` when cut."""
    text = with_emoji(text)
    shown, target, room = _telegram_clean(text), limit, len(text)
    while len(shown) > target:
        target = limit - len(note)
        # In proportion, because signs that are written as entities take several characters.
        room = min(room - 1, room * max(0, target) // len(shown))
        shown = _telegram_clean(_before_half_a_sign(text[:room])) if room > 0 else ""
    return shown if room == len(text) else shown + note


def _telegram_clean(text: str) -> str:
    # Telegram knows four named entities; nh3 writes a fifth.
    return TELEGRAM.clean(text).replace("&nbsp;", "\u00a0")


def _before_half_a_sign(text: str) -> str:
    """Drop an entity or a tag that the cut went through."""
    return re.sub(r"(?:&[^;\s]{0,10}|<[^>]*)\Z", "", text)
