"""What of a page a browser would run or load that is none of ours, found by parsing the page as a browser does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from lxml import html

from tests.integration.security.hostile_house import MARK

# Attributes whose value a browser or htmx goes to.
ADDRESSES = frozenset(
    (
        *("href", "src", "action", "formaction", "poster", "background", "cite", "data", "longdesc", "ping"),
        *(
            "srcset",
            "manifest",
            "codebase",
            "xlink:href",
            "hx-get",
            "hx-post",
            "hx-put",
            "hx-patch",
            "hx-delete",
        ),
        *("data-hx-get", "data-hx-post", "hx-push-url", "hx-replace-url"),
    )
)
# Elements that pages of ours have none of.
NEVER = frozenset(("iframe", "object", "embed", "base", "applet", "frame", "frameset", "portal", "template"))
# Empty is the page itself: what is left of a link that was not let through.
OURS = re.compile(r"(?:(?:/(?!/)|[#?])[^\s<>\"\\]*)?", re.ASCII)
ELSEWHERE = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\"'\\]*")
FLAGS = frozenset(("true", "false"))


def hostile_parts(page: str) -> list[str]:
    """Return what should not be there: an element, an attribute or an address that a text brought along."""
    return [found for element in elements(page) for found in _parts(element)]


def elements(page: str) -> Iterator[html.HtmlElement]:
    """Return all elements of a page, or of a piece of one."""
    return (one for one in html.document_fromstring(page).iter() if isinstance(one.tag, str))


def shows_mark(page: str) -> bool:
    """Whether the hostile text is there as text: in an element or in a value, where somebody reads it."""
    for one in elements(page):
        if one.tag in ("script", "style"):
            continue
        texts = (one.text, one.tail, *one.attrib.values())
        if any(text and MARK in text for text in texts):
            return True
    return False


def _parts(element: html.HtmlElement) -> Iterator[str]:
    tag = element.tag
    if tag in NEVER:
        yield f"<{tag}>"
    if tag == "script" and (element.text or not str(element.get("src", "")).startswith("/assets/")):
        yield f"<script> {element.text or element.get('src')}"
    if tag == "style" or (tag == "meta" and element.get("http-equiv")):
        yield f"<{tag}> {element.text or element.get('http-equiv')}"
    for name, value in element.attrib.items():
        yield from (f"<{tag} {name}={value[:60]!r}>" for _ in [0] if _is_hostile(tag, name.lower(), value))


def _is_hostile(tag: str, name: str, value: str) -> bool:
    if name.startswith(("on", "hx-on", "data-hx-on")) or name in ("style", "srcdoc", "autofocus"):
        return not (tag == "input" and name == "autofocus")
    if name in ("id", "class", "name") and "evil" in value.split():
        return True
    if name in ("hx-vals", "hx-headers"):
        return not isinstance(json.loads(value), dict)
    return name in ADDRESSES and value not in FLAGS and not _is_address(tag, value)


def _is_address(tag: str, value: str) -> bool:
    if OURS.fullmatch(value):
        return True
    # Pictures and links of a message may lead elsewhere; what is sent or loaded by itself may not.
    return tag in ("a", "img") and "evil.example" not in value and ELSEWHERE.fullmatch(value) is not None
