"""The pages of integrations: where each is, and the endpoint of the API that does the same."""

from __future__ import annotations

from aiohttp import web

from services.api.console import (
    first_alert,
    integration_acts,
    integration_creation,
    integration_list,
    integration_page,
    integration_settings,
    playground,
    route_forms,
)
from services.api.console.visits import add_page

READING = ("GET", "integrations")
CREATING = ("POST", "integrations")
CHANGING = ("PUT", "integrations/{id}")
REMOVING = ("DELETE", "integrations/{id}")
TRYING = ("POST", "preview")
ONE = "/integrations/{id}"


def add_routes(app: web.Application) -> None:
    """Serve them."""
    add_page(app, "GET", "/integrations", integration_list.show_list, READING)
    add_page(app, "GET", "/integrations/new", integration_creation.choose_type, CREATING)
    add_page(app, "GET", "/integrations/new/{slug}", integration_creation.show_form, CREATING)
    add_page(app, "POST", "/integrations/new/{slug}", integration_creation.create, CREATING)
    add_page(app, "GET", ONE, integration_page.show_integration, READING)
    add_page(app, "GET", f"{ONE}/first-alert", first_alert.show_wait, READING)
    add_page(app, "POST", f"{ONE}/settings/{{part}}", integration_settings.change, CHANGING)
    _add_acts(app)
    _add_routing(app)
    _add_playground(app)


def _add_acts(app: web.Application) -> None:
    revoking = ("DELETE", "integrations/{id}/tokens/{token_id}")
    starting = ("POST", "integrations/{id}/maintenance_start")
    stopping = ("POST", "integrations/{id}/maintenance_stop")
    demo = ("POST", "integrations/{id}/demo")
    rotating = ("POST", "integrations/{id}/rotate_token")
    add_page(app, "POST", f"{ONE}/rotate", integration_acts.rotate, rotating)
    add_page(app, "POST", f"{ONE}/revoke", integration_acts.revoke, revoking)
    add_page(app, "POST", f"{ONE}/maintenance/start", integration_acts.start_maintenance, starting)
    add_page(app, "POST", f"{ONE}/maintenance/stop", integration_acts.stop_maintenance, stopping)
    add_page(app, "POST", f"{ONE}/demo", integration_acts.send_demo, demo)
    add_page(app, "GET", f"{ONE}/remove", integration_acts.ask_to_remove, REMOVING)
    add_page(app, "POST", f"{ONE}/remove", integration_acts.remove, REMOVING)


def _add_routing(app: web.Application) -> None:
    route = f"{ONE}/routes/{{route_id}}"
    changing = ("PUT", "routes/{id}")
    add_page(app, "GET", route, route_forms.show_route, changing)
    add_page(app, "POST", route, route_forms.save_route, changing)
    add_page(app, "POST", f"{route}/try", route_forms.try_route, changing)
    add_page(app, "POST", f"{route}/move", route_forms.move_route, changing)
    add_page(app, "POST", f"{route}/remove", route_forms.remove_route, ("DELETE", "routes/{id}"))


def _add_playground(app: web.Application) -> None:
    add_page(app, "GET", f"{ONE}/playground", playground.show_playground, TRYING)
    add_page(app, "POST", f"{ONE}/playground", playground.try_templates, TRYING)
    add_page(app, "POST", f"{ONE}/playground/compare", playground.compare, TRYING)
    add_page(app, "POST", f"{ONE}/playground/save", playground.save, CHANGING)
