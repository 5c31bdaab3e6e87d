"""Plays the public API of a Grafana OnCall for reading: the key, the pages, a server that is busy."""

from __future__ import annotations

from typing import Any

from tests.support.http_double import Call, HttpDouble, Violation
from tests.support.oncall_configuration import Rows

KEY = "0f1e" * 16


class OnCallDouble(HttpDouble):
    """Serves `rows` by list, so few on a page that most lists have several."""

    page_size = 2

    def __init__(self, rows: dict[str, Rows]) -> None:
        super().__init__()
        self.rows = rows
        self.faults.retry_after_s = 0

    def limited(self) -> tuple[int, Any]:
        return 429, {"detail": "Request was throttled. Expected available in 0 seconds."}

    def serve(self, call: Call) -> tuple[int, Any]:
        if call.headers.get("authorization") != KEY:
            raise Violation(403, {"detail": "Invalid token."})
        if call.method != "GET":
            raise Violation(405, {"detail": f'Method "{call.method}" not allowed.'})
        name = call.path.removeprefix("/api/v1/").rstrip("/")
        if name not in self.rows:
            return 404, {"detail": "Not found."}
        return 200, self._page(name, int(call.query.get("page", "1")))

    def _page(self, name: str, wanted: int) -> dict[str, Any]:
        rows = self.rows[name]
        pages = max(1, -(-len(rows) // self.page_size))
        number = min(wanted, pages)  # beyond the end it is the last page again
        begins = (number - 1) * self.page_size
        # Behind a proxy the links may lead to a name that only the server knows.
        link = f"http://oncall-engine:8080/api/v1/{name}/?page="
        return {
            "count": len(rows),
            "next": f"{link}{number + 1}" if number < pages else None,
            "previous": f"{link}{number - 1}" if number > 1 else None,
            "results": rows[begins : begins + self.page_size],
            "current_page_number": number,
            "page_size": self.page_size,
            "total_pages": pages,
        }
