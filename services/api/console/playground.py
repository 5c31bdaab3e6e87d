"""The template playground: a payload on the left, the templates in the middle, what every medium shows on the right.

It shows what the preview of the API says, and stores templates as the API does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp import web

from services.api.console.form_fields import text
from services.api.console.payloads import as_text
from services.api.console.playground_fields import FieldGroup, field_groups, fingerprint, templates_of
from services.api.console.playground_results import Comparison, ShownResult, comparison, shown_result
from services.api.console.visits import Visit, reasons
from services.api.preview import MAX_ALERTS, PreviewBody, previewed
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import parse
from services.api.resources.integrations import INTEGRATIONS
from shared.domain.model import Alert
from shared.integrations import by_slug
from shared.store.alerts import Alerts

RECENT = 20
ALERT, PASTED = "alert:", "pasted"
FIRING, RESOLVED = "example:firing", "example:resolved"
CHANGED_MEANWHILE = (
    "Somebody else changed the templates since this page was loaded. "
    "Keep a copy of yours, load the page again and put them in."
)


@dataclass
class Bench:
    """What is on the page: the integration, the payload that is chosen, the templates as they stand there."""

    integration: dict[str, Any]
    templates: dict[str, Any]
    recent: list[Alert]
    source: str = PASTED
    payload: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def groups(self) -> list[FieldGroup]:
        """The templates as fields."""
        return field_groups(self.integration["type"], self.templates)

    @property
    def is_edited(self) -> bool:
        """Whether the templates differ from those that are stored."""
        return bool(self.templates != self.integration["templates"])

    def body(self, **on: Any) -> dict[str, Any]:
        """Return the body of a preview of these templates on something."""
        return {"integration_id": self.integration["id"], "templates": self.templates, **on}


async def show_playground(visit: Visit) -> web.Response:
    """GET: with the templates as they are stored; `alert` chooses a stored alert."""
    integration = await visit.objects(INTEGRATIONS).read(visit.request.match_info["id"])
    bench = await _bench(visit, integration, integration["templates"])
    wanted = visit.request.query.get("alert")
    newest = bench.recent[0].id if bench.recent else None
    await _choose(visit, bench, f"{ALERT}{wanted or newest}" if wanted or newest else FIRING)
    return await _page(visit, bench)


async def try_templates(visit: Visit) -> web.Response:
    """POST: the same with the templates and the payload of the form; a script gets the result alone."""
    return await _page(visit, await _sent(visit))


async def compare(visit: Visit) -> web.Response:
    """POST: what the templates of the form would have made different of the last alerts."""
    bench = await _sent(visit)
    found: Comparison | None = None
    if bench.is_edited:
        desk = await visit.api.desk(visit.principal)
        try:
            asked = parse(PreviewBody, bench.body(last=MAX_ALERTS))
            found = comparison(await previewed(visit.api, desk, asked))
        except Invalid as invalid:
            bench.faults += reasons(invalid)
    return await _page(visit, bench, found, is_compared=True)


async def save(visit: Visit) -> web.Response:
    """POST: the templates of the form are stored; one that does not compile is named, and nothing is stored."""
    bench = await _sent(visit)
    if visit.form.get("seen") != fingerprint(bench.integration["templates"]):
        bench.faults.append(CHANGED_MEANWHILE)
        return await _page(visit, bench)
    try:
        await visit.objects(INTEGRATIONS).change(bench.integration["id"], {"templates": bench.templates})
    except Invalid as invalid:
        bench.faults += reasons(invalid)
        return await _page(visit, bench)
    chosen = {"alert": bench.source.removeprefix(ALERT)} if bench.source.startswith(ALERT) else {}
    query = urlencode({"saved": "yes", **chosen})
    return visit.see(f"/integrations/{bench.integration['id']}/playground?{query}")


async def _sent(visit: Visit) -> Bench:
    integration = await visit.objects(INTEGRATIONS).read(visit.request.match_info["id"])
    bench = await _bench(visit, integration, templates_of(visit.form))
    bench.payload = text(visit.form, "payload")
    try:
        await _choose(visit, bench, visit.form.get("source", PASTED))
    except Refused as refused:
        # The alert is gone meanwhile: its payload stands in the form, and so do the templates.
        bench.source = PASTED
        bench.faults += reasons(refused)
    return bench


async def _bench(visit: Visit, integration: dict[str, Any], templates: dict[str, Any]) -> Bench:
    found = await Alerts(visit.api.database).of_integration(integration["id"], RECENT)
    return Bench(integration, templates, [alert for alert, _ in found])


async def _choose(visit: Visit, bench: Bench, source: str) -> None:
    """Put the chosen payload on the bench; what was pasted stands there already.

    Raises:
        Refused: 404, there is no such alert of this integration.
    """
    bench.source = source
    if source.startswith(ALERT):
        alert = await _alert(visit, bench, source.removeprefix(ALERT))
        bench.payload = as_text(alert.payload)
    elif source in (FIRING, RESOLVED):
        kind = by_slug(bench.integration["type"])
        example = (kind.example_firing if source == FIRING else kind.example_resolved) if kind else None
        bench.payload = as_text({} if example is None else example)
    else:
        bench.source = PASTED


async def _alert(visit: Visit, bench: Bench, alert_id: str) -> Alert:
    alert = next((one for one in bench.recent if one.id == alert_id), None)
    if alert is None:
        alert = (await Alerts(visit.api.database).get_many([alert_id])).get(alert_id)
        if alert is None or alert.integration_id != bench.integration["id"]:
            raise Refused.because(404, "There is no such alert of this integration.")
        bench.recent.append(alert)
    return alert


async def _result(visit: Visit, bench: Bench) -> ShownResult | None:
    """Return what becomes of the chosen payload; None, and a fault on the bench, when it cannot be read."""
    try:
        if bench.source.startswith(ALERT):
            on: dict[str, Any] = {"alert_id": bench.source.removeprefix(ALERT)}
        else:
            on = {"payload": orjson.loads(bench.payload)}
        desk = await visit.api.desk(visit.principal)
        found = await previewed(visit.api, desk, parse(PreviewBody, bench.body(**on)))
    except orjson.JSONDecodeError as error:
        bench.faults.append(f"payload: It is not JSON: {error}.")
        return None
    except Invalid as invalid:
        bench.faults += reasons(invalid)
        return None
    results: Sequence[dict[str, Any]] = found["results"]
    if not results:
        bench.faults.append("payload: It holds no alerts.")
        return None
    return shown_result(results[0], bench.groups)


async def _page(
    visit: Visit, bench: Bench, compared: Comparison | None = None, is_compared: bool = False
) -> web.Response:
    if visit.is_partial and is_compared:
        return visit.page(
            "playground_comparison.html", bench=bench, compared=compared, is_compared=True, **_limits()
        )
    result = await _result(visit, bench)
    kind = by_slug(bench.integration["type"])
    values: dict[str, Any] = {
        "bench": bench,
        "result": result,
        "compared": compared,
        "is_compared": is_compared,
        "has_new_payload": visit.request.headers.get("HX-Trigger-Name") == "source",
        "seen": visit.form.get("seen") or fingerprint(bench.integration["templates"]),
        "can_resolve": kind is not None and kind.example_resolved is not None,
        "may_save": visit.may("PUT", "integrations/{id}"),
        "is_saved": visit.request.query.get("saved") == "yes",
        **_limits(),
    }
    if visit.is_partial:
        return visit.page("playground_result.html", **values)
    return visit.page("playground.html", 400 if bench.faults else 200, **values)


def _limits() -> dict[str, int]:
    return {"most": MAX_ALERTS}
