"""Style sheets and scripts: served under names that change with their content, so that browsers keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)
FOLDER = Path(__file__).with_name("assets")
# Put there by `make setup` from the npm registry.
VENDOR = FOLDER / "vendor"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file, and the same packed."""

    url: str
    content_type: str
    body: bytes
    packed: bytes


class Assets:
    """Everything that pages load, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = [path for path in sorted(folder.rglob("*")) if path.suffix in TYPES]
        self._by_name = {path.name: _asset(path) for path in found}
        self._by_url = {one.url: one for one in self._by_name.values()}
        if "htmx.min.js" not in self._by_name:
            log.warning("console.incomplete", missing="htmx.min.js", hint="make setup installs it from npm")

    def url(self, name: str) -> str:
        """Return where a file is; "" for one that is not there, which a page does without."""
        found = self._by_name.get(name)
        return found.url if found is not None else ""

    async def serve(self, request: web.Request) -> web.Response:
        """GET of a file under its present name."""
        found = self._by_url.get(request.path)
        if found is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(
                body=found.packed,
                content_type=found.content_type,
                headers={**headers, "Content-Encoding": "gzip"},
            )
        return web.Response(body=found.body, content_type=found.content_type, headers=headers)


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:12]
    name = re.sub(r"[^a-z0-9.-]", "", path.stem.lower())
    return Asset(
        url=f"/assets/{name}.{digest}{path.suffix}",
        content_type=TYPES[path.suffix],
        body=body,
        packed=gzip.compress(body, mtime=0),
    )
