"""What people do to dead letters: look at one, send it back as it is or repaired, discard it with a reason."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from aiohttp import web
from yarl import URL

from services.api.console import dead_letter_rows
from services.api.console.dead_letter_rows import Verb, letter_row
from services.api.console.form_fields import text
from services.api.console.pipeline import DECIDING, PATH, render_pipeline
from services.api.console.visits import CONSOLE, Visit
from services.api.refusals import Refused
from shared import clock
from shared.bus import dead_letters
from shared.bus.dead_letters import DeadLetter
from shared.bus.topology import CONSUMES
from shared.errors import Permanent

GONE = "It is not among the dead letters any more."
ALL_GONE = "None of them is among the dead letters any more."
CHOOSE = "Select dead letters first."
SHORTEST_REASON, LONGEST_REASON = 3, 300
SAY_WHY = f"Say why in {SHORTEST_REASON} to {LONGEST_REASON} characters; the journal keeps it."


async def show_letter(visit: Visit) -> web.Response:
    """GET of one dead letter: why, with the traceback, and its body to be repaired."""
    letter = await _existing(visit)
    return _letter_page(visit, letter, _indented(letter.body))


async def replay(visit: Visit) -> web.Response:
    """POST: sends the named letters, or all of a stage, back to it."""
    service, ids = _named(visit)
    if not ids and not _means_all(visit):
        return await render_pipeline(visit, [CHOOSE], 400)
    rabbit = visit.request.app[CONSOLE].rabbit
    moved = await dead_letters.replay(
        rabbit, visit.api.bus, service, lambda one: _means_all(visit) or one.id in ids
    )
    return await _after(visit, moved, "sent back")


async def replay_repaired(visit: Visit) -> web.Response:
    """POST: sends one letter back with the body of the form; with a mistake the form again, as it was written."""
    letter, written = await _existing(visit), text(visit.form, "body")
    try:
        body = orjson.dumps(orjson.loads(written)).decode()
        moved = await dead_letters.replay_repaired(
            visit.request.app[CONSOLE].rabbit, visit.api.bus, letter.service, letter.id, body
        )
    except orjson.JSONDecodeError as error:
        fault = f"It is no JSON: {error}."
        return _letter_page(visit, letter, written, [fault])
    except Permanent as error:
        fault = f"The stage could not take it like this: {error.reason}."
        return _letter_page(visit, letter, written, [fault])
    return await _after(visit, [moved] if moved is not None else [], "repaired and sent back")


async def discard(visit: Visit) -> web.Response:
    """POST: removes the named letters, or all of a stage, with a reason that the journal keeps."""
    service, ids = _named(visit)
    if not ids and not _means_all(visit):
        return await render_pipeline(visit, [CHOOSE], 400)
    reason = visit.form.get("reason", "").strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        return await render_pipeline(visit, [SAY_WHY], 400)
    why = (f"{reason} ({visit.principal.actor})", clock.now())
    gone = await dead_letters.discard(
        visit.request.app[CONSOLE].rabbit,
        visit.api.bus,
        service,
        lambda one: _means_all(visit) or one.id in ids,
        why,
    )
    return await _after(visit, gone, "discarded", reason)


async def _after(visit: Visit, letters: Sequence[DeadLetter], verb: Verb, reason: str = "") -> web.Response:
    """Keep what was done and go to the page that says it; where there was nothing to do the page says that."""
    if not letters:
        return await render_pipeline(visit, [ALL_GONE], 409)
    entry_id = await dead_letter_rows.record(visit, letters, verb, reason)
    return visit.see(str(URL(PATH).with_query(done=entry_id)))


def _letter_page(visit: Visit, letter: DeadLetter, body: str, faults: Sequence[str] = ()) -> web.Response:
    return visit.page(
        "dead_letter.html",
        400 if faults else 200,
        row=letter_row(letter),
        letter=letter,
        body=body,
        faults=faults,
        may_decide=visit.principal.may(DECIDING, writing=True),
    )


def _named(visit: Visit) -> tuple[str, frozenset[str]]:
    """Return the stage and the ids that a form names.

    Raises:
        Refused: 400, there is no such stage.
    """
    service = visit.form.get("service", "")
    if service not in CONSUMES:
        raise Refused.because(400, "There is no such stage.")
    return service, frozenset(visit.form.getall("id", []))


def _means_all(visit: Visit) -> bool:
    """Whether a form means every letter of the stage, which it says expressly."""
    return visit.form.get("all") == "yes"


async def _existing(visit: Visit) -> DeadLetter:
    """Return the letter of the URL.

    Raises:
        Refused: 404, there is none (any more).
    """
    service, letter_id = visit.request.match_info["service"], visit.request.match_info["id"]
    if service not in CONSUMES:
        raise Refused.not_found()
    found = await dead_letters.list_letters(visit.request.app[CONSOLE].rabbit, service)
    letter = next((one for one in found if one.id == letter_id), None)
    if letter is None:
        raise Refused.because(404, GONE)
    return letter


def _indented(body: str) -> str:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return orjson.dumps(read, option=orjson.OPT_INDENT_2).decode()
