"""A form that was refused goes back to the page it stands on, with what was wrong, in place of a page of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from services.api.console.visits import Visit, reasons
from services.api.refusals import Refused

Form = Callable[[Visit], Awaitable[web.Response]]


class Shows(Protocol):
    """Answers with a page; `problems` are those of a form on it that was refused."""

    async def __call__(self, visit: Visit, problems: list[str], status: int) -> web.Response:
        """Show the page."""


def shown_again_by(show: Shows, statuses: tuple[int, ...] = (400, 503)) -> Callable[[Form], Form]:
    """Have a form's refusals with these statuses shown by a page; all others are raised."""

    def decorated(form: Form) -> Form:
        async def answer(visit: Visit) -> web.Response:
            try:
                return await form(visit)
            except Refused as refused:
                if refused.status not in statuses:
                    raise
                return await show(visit, reasons(refused), refused.status)

        return answer

    return decorated
