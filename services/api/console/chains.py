"""Escalation chains: the list, and the page of one with its steps, its uses, its simulator, and what can be done."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.api.chain_refresh import refresh_running
from services.api.console.chain_simulator import HORIZONS, kept, played
from services.api.console.chain_views import StepForm, chain_view, uses_of, written_form
from services.api.console.form_fields import whole
from services.api.console.keepers import keeper_of, keepers
from services.api.console.local_times import zone_names
from services.api.console.people_fields import usernames
from services.api.console.step_kinds import FAMILIES, KIND_OF, UNITS
from services.api.console.step_sentences import DAY_OF
from services.api.console.visits import Visit, reasons
from services.api.refusals import Invalid, Refused
from services.api.resources import chains
from services.api.resources.chains import CHAINS, ChainBody
from services.api.resources.desk import Desk
from shared.domain.configuration import Chain, ConfigSnapshot, StepConfig
from shared.store.escalations import Escalations

PATH = "/escalation-chains"
PAGE_SIZE = 50
REFRESHING = ("POST", "escalation_chains/{id}/apply_to_running")


async def show_list(visit: Visit, problems: tuple[str, ...] = (), status: int = 200) -> web.Response:
    """GET: the chains whose name has the words of `q`, of the team `team_id`, by name."""
    config = await visit.api.configuration.load()
    query = visit.request.query
    words, team_id = query.get("q", "").strip(), query.get("team_id", "")
    found = [
        one
        for one in sorted(config.chains, key=lambda one: (one.name.casefold(), one.id))
        if words.casefold() in one.name.casefold() and team_id in ("", one.team_id)
    ]
    page = _page_number(query.get("page", "1"))
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return visit.page(
        "chains.html",
        status,
        chains=[chain_view(one, config) for one in shown],
        keepers=await keepers(visit, Chain),
        count=len(found),
        page=page,
        has_more=page * PAGE_SIZE < len(found),
        url=visit.request.rel_url.without_query_params("page"),
        words=words,
        team_id=team_id,
        teams=_teams(config),
        form=visit.form,
        problems=problems,
        may_change=visit.may("POST", CHAINS.name),
    )


async def show_chain(visit: Visit) -> web.Response:
    """GET: one chain; `add` names the kind of step to be added, `edit` the step to be changed."""
    config = await visit.api.configuration.load()
    query = visit.request.query
    form = None
    if query.get("add") in KIND_OF:
        form = StepForm(KIND_OF[query["add"]])
    elif "edit" in query:
        step = next((one for one in config.steps if one.id == query["edit"]), None)
        form = written_form(step, config) if step is not None else None
    return await render_chain(visit, form=form)


async def render_chain(
    visit: Visit,
    form: StepForm | None = None,
    problems: tuple[str, ...] = (),
    status: int = 200,
    refused: str = "",
) -> web.Response:
    """Answer with the page of the chain that the request names; `refused` is the form that is shown as it was sent.

    Raises:
        Refused: 404.
    """
    config = await visit.api.configuration.load()
    chain = config.chain_by_id.get(visit.request.match_info["id"])
    if chain is None:
        raise Refused.not_found()
    return visit.page(
        "chain.html",
        status,
        view=chain_view(chain, config),
        keeper=await keeper_of(visit, Chain, chain.id),
        form=form,
        refused=refused,
        sent=visit.form,
        problems=problems,
        families=FAMILIES,
        choices=choices(config),
        people=usernames(config),
        zones=zone_names(),
        units=UNITS,
        days=DAY_OF,
        teams=_teams(config),
        played=await played(visit, chain.id),
        horizons=HORIZONS,
        kept=kept(visit),
        running=len(await Escalations(visit.api.database).running_through(chain.id)),
        may_change=visit.may("POST", CHAINS.name),
        may_apply=visit.may(*REFRESHING),
    )


async def create(visit: Visit) -> web.Response:
    """POST: a new chain without steps, and to its page."""
    try:
        made = await visit.objects(CHAINS).create(_fields(visit))
    except Invalid as invalid:
        return await show_list(visit, tuple(reasons(invalid)), 400)
    return visit.see(f"{PATH}/{made['id']}")


async def change(visit: Visit) -> web.Response:
    """POST: another name or team."""
    chain_id = visit.request.match_info["id"]
    try:
        await visit.objects(CHAINS).change(chain_id, _fields(visit))
    except Invalid as invalid:
        return await render_chain(visit, problems=tuple(reasons(invalid)), status=400, refused="rename")
    return visit.see(f"{PATH}/{chain_id}{kept(visit)}")


async def copy(visit: Visit) -> web.Response:
    """POST: another chain with the same steps, and to its page."""
    source_id, name = visit.request.match_info["id"], visit.form.get("name", "")

    def edit(desk: Desk) -> str:
        source = desk.draft.get(Chain, source_id)
        if source is None:
            raise Refused.not_found()
        made = chains.create(desk, ChainBody(name=name, team_id=source.team_id))
        for step in desk.draft.find(StepConfig, "escalation_chain_id", source.id):
            changes = {"id": desk.new_id(StepConfig), "escalation_chain_id": made.id}
            desk.draft.put(step.model_copy(update=changes))
        return made.id

    try:
        made_id = (await visit.api.edit(visit.principal, edit)).result
    except Invalid as invalid:
        return await render_chain(visit, problems=tuple(reasons(invalid)), status=400, refused="copy")
    return visit.see(f"{PATH}/{made_id}")


async def remove(visit: Visit) -> web.Response:
    """POST: removes a chain that no route leads to; otherwise the routes are named."""
    chain_id = visit.request.match_info["id"]

    def edit(desk: Desk) -> None:
        chain = desk.draft.get(Chain, chain_id)
        if chain is None:
            raise Refused.not_found()
        used = uses_of(chain_id, desk.draft.base.snapshot())
        if used:
            where = "; ".join(f"{one.integration_name}, {one.words}" for one in used)
            raise Invalid.field("detail", f"Not removed, because it is in use: {where}.")
        chains.remove(desk, chain)

    try:
        await visit.api.edit(visit.principal, edit)
    except Invalid as invalid:
        return await render_chain(visit, problems=tuple(reasons(invalid)), status=400)
    return visit.see(PATH)


async def apply(visit: Visit) -> web.Response:
    """POST: groups that run through the chain go on by it as it is now."""
    chain_id = visit.request.match_info["id"]
    await refresh_running(visit.api, visit.principal, chain_id)
    return visit.see(f"{PATH}/{chain_id}{kept(visit)}")


def choices(config: ConfigSnapshot) -> dict[str, list[tuple[str, str]]]:
    """Return what steps can refer to, as ids and names in the order of the alphabet."""
    named: dict[str, Any] = {
        "schedules": config.schedules,
        "teams": config.teams,
        "user_groups": config.user_groups,
        "webhooks": config.webhooks,
    }
    return {
        kind: sorted(((one.id, one.name) for one in rows), key=lambda one: one[1].casefold())
        for kind, rows in named.items()
    }


def _fields(visit: Visit) -> dict[str, Any]:
    return {"name": visit.form.get("name", "").strip(), "team_id": visit.form.get("team_id") or None}


def _teams(config: ConfigSnapshot) -> list[Any]:
    return sorted(config.teams, key=lambda one: one.name.casefold())


def _page_number(text: str) -> int:
    found = whole(text)
    return found if found is not None and 1 <= found <= 10_000 else 1
