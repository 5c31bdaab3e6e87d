"""Turns the HTML of a mail into the text that a person would read, whatever the HTML is like."""

from __future__ import annotations

import html
import re

from lxml import etree

# Of a longer one nothing beyond is read: what a mail has to say stands at its beginning.
MAX_HTML = 512 * 1024
# The parser takes a tag's attributes one against the other: a tag with thousands of them would hold it for seconds.
_LONG_TAG = re.compile(r"<[^<>]{2000,}>?")
_TAG = re.compile(r"<[^<>]*>")
_SPACES = re.compile(r"\s+")
_LINE_SPACES = re.compile(r"[ \t\xa0]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# Where a line, or a paragraph, ends however many blocks end there.
_LINE, _PARAGRAPH = "\x01", "\x02"
_ENDS = re.compile(r"[\x01\x02][\x01\x02 \t\xa0\n]*")
_CONTROLS = re.compile(r"[\x00-\x08]")
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
_PARAGRAPHS = frozenset({"p", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _PARAGRAPHS | {
    *(
        "address",
        "article",
        "aside",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
    ),
    *("header", "hr", "li", "main", "nav", "section", "tr"),
}


def text_of_html(markup: str) -> str:
    """Return HTML as text: lines where blocks end, "- " before list items, links as "text (href)"."""
    markup = _CONTROLS.sub("", _LONG_TAG.sub(" ", markup[:MAX_HTML]))
    writer = _Writer()
    tree = _tree(markup)
    if tree is not None:
        writer.walk(tree)
    text = _tidied("".join(writer.parts))
    # What is nested beyond the parser's depth has no place in the tree; its words are still in the text.
    return text or _tidied(html.unescape(_TAG.sub(" ", markup)) if tree is None or len(tree) else "")


def _tree(markup: str) -> etree._Element | None:
    parser = etree.HTMLParser(
        huge_tree=True, remove_comments=True, remove_pis=True, no_network=True, encoding="utf-8"
    )
    try:
        return etree.fromstring(markup.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return None


class _Writer:
    """Collects text while it walks a tree, without recursion: mails nest their tables deeply."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._hidden = 0
        self._kept = 0  # inside of <pre>
        self._links: list[tuple[str, int]] = []

    def walk(self, tree: etree._Element) -> None:
        """Take all of a tree."""
        for event, element in etree.iterwalk(tree, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                self._enter(tag, element)
            else:
                self._leave(tag, element)

    def _enter(self, tag: str, element: etree._Element) -> None:
        self._hidden += tag in _UNSEEN
        self._kept += tag == "pre"
        if tag in _BLOCKS:
            self.parts.append(_PARAGRAPH if tag in _PARAGRAPHS else _LINE)
        if tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("- ")
        elif tag == "a":
            self._links.append(((element.get("href") or "").strip(), len(self.parts)))
        elif tag == "img":
            self._say(element.get("alt"))
        self._say(element.text)

    def _leave(self, tag: str, element: etree._Element) -> None:
        self._hidden -= tag in _UNSEEN
        self._kept -= tag == "pre"
        if tag == "a" and self._links:
            self._close_link(*self._links.pop())
        elif tag in ("td", "th"):
            self.parts.append("  ")
        elif tag in _BLOCKS:
            self.parts.append(_PARAGRAPH if tag in _PARAGRAPHS else _LINE)
        self._say(element.tail)

    def _say(self, text: str | None) -> None:
        if text and not self._hidden:
            self.parts.append(text if self._kept else _SPACES.sub(" ", text))

    def _close_link(self, href: str, since: int) -> None:
        """Write where a link leads, unless its text says so already."""
        # Nobody puts a whole page into a link, and links inside links would be read again and again.
        shown = "".join(self.parts[since : since + 50]).strip()
        address = href.removeprefix("mailto:")
        if self._hidden or not address or address.startswith(("#", "javascript:", "data:")):
            return
        if address.rstrip("/") != shown.rstrip("/"):
            self.parts.append(f" ({address})" if shown else address)


def _tidied(text: str) -> str:
    text = _ENDS.sub(lambda end: "\n\n" if _PARAGRAPH in end[0] else "\n", text)
    lines = (_LINE_SPACES.sub(_narrow, line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _narrow(spaces: re.Match[str]) -> str:
    """One blank for words, two between the cells of a table."""
    return "  " if "  " in spaces[0] else " "
