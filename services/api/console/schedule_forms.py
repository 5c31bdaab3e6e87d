"""Making and changing schedules and their layers by forms, and addresses to subscribe to."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from multidict import MultiDict

from services.api.console.keepers import keeper_of
from services.api.console.layer_sentences import MONTHS
from services.api.console.local_times import local_text, zone_names
from services.api.console.people_fields import usernames
from services.api.console.schedule_layers import HANDOVERS, LayerForm, layer_body, sent_layer, written_layer
from services.api.console.schedule_views import chains_asking
from services.api.console.schedules import PATH, existing, render_list, render_schedule
from services.api.console.step_sentences import DAY_OF
from services.api.console.visits import Visit, reasons
from services.api.refusals import Invalid, Refused
from services.api.resources.on_call_shifts import SHIFTS
from services.api.resources.schedules import OWN_FIELDS, SCHEDULES
from services.api.schedule_exports import asked_export, make_export
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import Schedule, Shift
from shared.domain.wall_time import zone_of
from shared.store.schedule_exports import ScheduleExports

# What a schedule's form may have; each type has some of it.
TEXTS = ("time_zone", "ical_url_primary", "ical_url_overrides")
FIRST_TURNS = 3


async def show_new(visit: Visit) -> web.Response:
    """GET: the form of a new schedule of the type `type`."""
    kind = "ical" if visit.request.query.get("type") == "ical" else "web"
    return await _schedule_page(visit, None, {"type": kind, "time_zone": visit.zone.key})


async def create(visit: Visit) -> web.Response:
    """POST: a new schedule, and to its page; of one that is made here, to the form of its first layer."""
    kind = "ical" if visit.form.get("type") == "ical" else "web"
    try:
        made = await visit.objects(SCHEDULES).create({"type": kind, **_fields(visit, kind)})
    except Invalid as invalid:
        return await _schedule_page(visit, None, dict(visit.form), tuple(reasons(invalid)))
    return visit.see(f"{PATH}/{made['id']}" + ("/layers/new" if kind == "web" else ""))


async def show_edit(visit: Visit) -> web.Response:
    """GET: the form of a schedule."""
    _, schedule = await existing(visit)
    shown = await visit.objects(SCHEDULES).read(schedule.id)
    return await _schedule_page(visit, schedule, {**shown, "time_zone": schedule.time_zone})


async def change(visit: Visit) -> web.Response:
    """POST: a schedule as the form has it."""
    _, schedule = await existing(visit)
    try:
        await visit.objects(SCHEDULES).change(schedule.id, _fields(visit, schedule.type))
    except Invalid as invalid:
        return await _schedule_page(visit, schedule, dict(visit.form), tuple(reasons(invalid)))
    return visit.see(f"{PATH}/{schedule.id}")


async def remove(visit: Visit) -> web.Response:
    """POST: removes a schedule that no step asks; otherwise the chains are named."""
    config, schedule = await existing(visit)
    used = chains_asking(config, schedule.id)
    if used:
        named = ", ".join(used.values())
        problems = {"whole": (f"Not removed, because escalation chains ask it: {named}.",)}
        return await render_schedule(visit, problems, 400)
    await visit.objects(SCHEDULES).remove(schedule.id)
    return visit.see(PATH)


async def show_layer(visit: Visit) -> web.Response:
    """GET: the form of a new layer, or of the one that the address names."""
    config, schedule = await existing(visit)
    shift_id = visit.request.match_info.get("shift_id")
    if shift_id is None:
        monday = local_text(clock.now(), zone_of(schedule.time_zone))[:10] + "T09:00"
        form = LayerForm(name=f"Layer of {schedule.name}"[:200], start=monday, turns=[""] * FIRST_TURNS)
        return await _layer_page(visit, config, schedule, form)
    written = written_layer(_own_shift(config, schedule, shift_id), config)
    if written is None:
        raise Refused.because(
            400, "This layer says more than the form can. Change it with the API or a declaration."
        )
    return await _layer_page(visit, config, schedule, written)


async def save_layer(visit: Visit) -> web.Response:
    """POST: a new layer, or the one that the address names, as the form has it."""
    config, schedule = await existing(visit)
    form, shift_id = sent_layer(visit.form), visit.request.match_info.get("shift_id")
    try:
        body = layer_body(form, config)
        if shift_id is None:
            _check_own_layers(schedule)
            await visit.objects(SHIFTS).create({**body, "schedule": schedule.id})
        else:
            await visit.objects(SHIFTS).change(_own_shift(config, schedule, shift_id).id, body)
    except Invalid as invalid:
        again = sent_layer(visit.form, tuple(reasons(invalid)))
        return await _layer_page(visit, config, schedule, again, 400)
    return visit.see(f"{PATH}/{schedule.id}")


async def remove_layer(visit: Visit) -> web.Response:
    """POST: takes a layer away."""
    config, schedule = await existing(visit)
    shift = _own_shift(config, schedule, visit.request.match_info["shift_id"])
    await visit.objects(SHIFTS).remove(shift.id)
    return visit.see(f"{PATH}/{schedule.id}")


async def make_link(visit: Visit) -> web.Response:
    """POST: a new address of the schedule's calendar, shown this once; the one before is worth nothing."""
    _, schedule = await existing(visit)
    made = await make_export(visit.api, asked_export(visit.principal, schedule.id))
    return await render_schedule(visit, new_link=made["export_url"])


async def remove_link(visit: Visit) -> web.Response:
    """POST: takes the address away."""
    _, schedule = await existing(visit)
    owner, schedule_id, _ = asked_export(visit.principal, schedule.id)
    await ScheduleExports(visit.api.database).remove(owner, schedule_id)
    return visit.see(f"{PATH}/{schedule.id}#calendar")


async def make_own_link(visit: Visit) -> web.Response:
    """POST: a new address of the reader's own shifts in all schedules."""
    if visit.principal.user is None:
        raise Invalid.field("detail", "This session is nobody's: it has no shifts.")
    made = await make_export(visit.api, asked_export(visit.principal, None))
    return await render_list(visit, made["export_url"])


async def remove_own_link(visit: Visit) -> web.Response:
    """POST: takes the reader's address away."""
    if visit.principal.user is not None:
        await ScheduleExports(visit.api.database).remove(visit.principal.user.id, None)
    return visit.see(f"{PATH}#calendar")


def _check_own_layers(schedule: Schedule) -> None:
    if schedule.type != "web":
        raise Invalid.field("schedule", "Only a schedule that is made here has layers of its own.")


def _own_shift(config: ConfigSnapshot, schedule: Schedule, shift_id: str) -> Shift:
    shift = config.shift_by_id.get(shift_id)
    if shift is None or shift.schedule_id != schedule.id or shift.is_override:
        raise Refused.not_found()
    return shift


def _fields(visit: Visit, kind: str) -> dict[str, Any]:
    """Return the form as a body of the API: the fields of the type, and no others."""
    form: MultiDict[str] = visit.form
    own = OWN_FIELDS["ical" if kind == "ical" else "calendar" if kind == "calendar" else "web"]
    body: dict[str, Any] = {"name": form.get("name", "").strip(), "team_id": form.get("team_id") or None}
    body |= {name: form.get(name, "").strip() or None for name in TEXTS if name in own and name in form}
    if "enable_web_overrides" in own:
        body["enable_web_overrides"] = "enable_web_overrides" in form
    return body


async def _schedule_page(
    visit: Visit, schedule: Schedule | None, values: dict[str, Any], problems: tuple[str, ...] = ()
) -> web.Response:
    config = await visit.api.configuration.load()
    kind = schedule.type if schedule is not None else "ical" if values.get("type") == "ical" else "web"
    return visit.page(
        "schedule_form.html",
        400 if problems else 200,
        schedule=schedule,
        keeper=await keeper_of(visit, Schedule, schedule.id) if schedule is not None else None,
        type=kind,
        own=OWN_FIELDS[kind],
        values=values,
        problems=problems,
        teams=sorted(config.teams, key=lambda one: one.name.casefold()),
        zones=zone_names(),
    )


async def _layer_page(
    visit: Visit, config: ConfigSnapshot, schedule: Schedule, form: LayerForm, status: int = 200
) -> web.Response:
    return visit.page(
        "schedule_layer.html",
        status,
        schedule=schedule,
        keeper=await keeper_of(visit, Schedule, schedule.id),
        shift_id=visit.request.match_info.get("shift_id", ""),
        form=form,
        handovers=HANDOVERS,
        days=DAY_OF,
        months={str(number): name for number, name in enumerate(MONTHS, 1)},
        people=usernames(config),
    )
