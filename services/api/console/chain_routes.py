"""The addresses of the pages about escalation chains, and which endpoint of the API does the same."""

from __future__ import annotations

from aiohttp import web

from services.api.console import chain_steps, chains
from services.api.console.chains import PATH, REFRESHING
from services.api.console.visits import add_page

READING = ("GET", "escalation_chains")
CHANGING = ("POST", "escalation_chains")
STEPS = ("POST", "escalation_policies")


def add_routes(app: web.Application) -> None:
    """Serve them."""
    chain, step = f"{PATH}/{{id}}", f"{PATH}/{{id}}/steps/{{step_id}}"
    add_page(app, "GET", PATH, chains.show_list, READING)
    add_page(app, "POST", PATH, chains.create, CHANGING)
    add_page(app, "GET", chain, chains.show_chain, READING)
    add_page(app, "POST", chain, chains.change, CHANGING)
    add_page(app, "POST", f"{chain}/copy", chains.copy, CHANGING)
    add_page(app, "POST", f"{chain}/remove", chains.remove, CHANGING)
    add_page(app, "POST", f"{chain}/apply", chains.apply, REFRESHING)
    add_page(app, "POST", f"{chain}/steps", chain_steps.add, STEPS)
    add_page(app, "POST", step, chain_steps.change, STEPS)
    add_page(app, "POST", f"{step}/move", chain_steps.move, STEPS)
    add_page(app, "POST", f"{step}/remove", chain_steps.remove, STEPS)
