"""The page of an alert's way through the stages."""

from __future__ import annotations

from aiohttp import web

from services.api.console.visits import Visit
from services.api.console.waterfall import waterfall_of
from services.api.history import records_of
from services.api.trace import trace_of

# A link may be opened before the recorder has written anything of the alert.
WITHIN_S = 2.0


async def show_trace(visit: Visit) -> web.Response:
    """GET: the waterfall of an alert, and what each stage decided."""
    alert_id = visit.request.match_info["id"]
    envelopes = await records_of(visit.api, alert_id, WITHIN_S)
    trace = trace_of(alert_id, envelopes)
    return visit.page(
        "trace.html", 200 if envelopes else 404, trace=trace, waterfall=waterfall_of(trace["stages"])
    )
