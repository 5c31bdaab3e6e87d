"""Forms as browsers send them: read within limits, and taken from our own pages alone."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from multidict import MultiDict, MultiMapping

from services.api.answers import read_body
from services.api.api import API
from services.api.refusals import Refused

FORM_LIMIT_BYTES = 512 * 1024
FORM_FIELDS = 2_000
# What pages put into their forms themselves.
OWN_FIELDS = ("csrf", "back", "place", "seen", "source")
SECRET = re.compile(r"passw|secret|token|authorization|repeated|code", re.IGNORECASE)


def check_origin(request: web.Request) -> None:
    """Refuse what another site's page sent, which browsers tell: in Sec-Fetch-Site, older ones in Origin alone.

    Raises:
        Refused: 403.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_ours = site in ("same-origin", "none") if site is not None else _is_own(request, origin)
    if not is_ours:
        raise Refused.because(403, "The form was sent by another site.")


def _is_own(request: web.Request, origin: str | None) -> bool:
    """Whether an origin is where this console is reached; none at all is sent by what is no browser."""
    own = (request.host, urlsplit(request.app[API].settings.public_url).netloc)
    return origin is None or origin.partition("://")[2].casefold() in {one.casefold() for one in own}


async def read_form(request: web.Request) -> MultiDict[str]:
    """Return the fields of an urlencoded form.

    Raises:
        Refused: 413, it is too large; 400, it has too many fields.
    """
    body = await read_body(request, FORM_LIMIT_BYTES)
    try:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except ValueError as error:
        raise Refused.because(400, f"The form cannot be read: {error}.") from error
    return MultiDict(pairs)


def typed(form: MultiMapping[str]) -> list[tuple[str, str]]:
    """Return what somebody wrote into a form, by the names of its fields; secrets are left out."""
    return [
        (name, value)
        for name, value in form.items()
        if value.strip() and name not in OWN_FIELDS and not SECRET.search(name)
    ]
