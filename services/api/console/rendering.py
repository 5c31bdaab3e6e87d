"""Pages from templates: everything escaped, instants in the reader's zone, no value missing without an error."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web
from markupsafe import Markup, escape

from services.api.console.assets import Assets
from services.api.console.navigation import PLACES
from services.api.console.silences import SILENCES
from shared import clock

TEMPLATES = Path(__file__).with_name("templates")
# Scripts and styles come from our own files alone; what stands in a page is never run.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


class Rendering:
    """The console's templates."""

    def __init__(self, assets: Assets) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"asset": assets.url, "places": PLACES, "silences": SILENCES}
        self._environment.filters["duration"] = duration

    def text(self, template: str, zone: ZoneInfo, **values: Any) -> str:
        """Return a rendered template; `zone` is that of the reader."""
        now = clock.now()

        def instant(at: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> Markup:
            return _time(at, zone, form)

        def ago(at: datetime | None) -> Markup:
            return _ago(at, zone, now)

        return self._environment.get_template(template).render(
            now=now, zone=zone, instant=instant, ago=ago, **values
        )

    def page(self, template: str, zone: ZoneInfo, status: int = 200, **values: Any) -> web.Response:
        """Return a rendered template as an answer."""
        return web.Response(
            text=self.text(template, zone, **values),
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={
                "Content-Security-Policy": CONTENT_SECURITY_POLICY,
                # To ourselves alone: a form without scripts goes back to its page, and older browsers name its origin.
                "Referrer-Policy": "same-origin",
            },
        )


def duration(span: timedelta | float) -> str:
    """Return a span in its two largest units: "3 d 4 h", "2 min"; below a minute in seconds."""
    left = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if left < 60:
        return f"{max(left, 0)} s"
    words: list[str] = []
    for size, unit in STEPS:
        if left >= size and len(words) < 2:
            words.append(f"{left // size} {unit}")
            left %= size
        elif words:
            break
    return " ".join(words)


def _time(at: datetime | None, zone: ZoneInfo, form: str) -> Markup:
    if at is None:
        return Markup("–")
    local = at.astimezone(zone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{local:%Y-%m-%d %H:%M:%S} {zone.key}", f"{local:{form}}"
    )


def _ago(at: datetime | None, zone: ZoneInfo, now: datetime) -> Markup:
    if at is None:
        return Markup("–")
    words = f"{duration(now - at)} ago" if at <= now else f"in {duration(at - now)}"
    local = at.astimezone(zone)
    return Markup('<time class="ago" datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{local:%Y-%m-%d %H:%M:%S} {zone.key}", escape(words)
    )
