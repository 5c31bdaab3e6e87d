"""Plays the part of Elasticsearch 8 that ElastAlert uses on a local port; what it does not know is a violation.

Documents are kept by index, searched page by page with scrolls, and appear at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from typing import Any, Self

from aiohttp import web

from shared import clock
from tests.support.elasticsearch_query import UnknownQuery, found_by

Json = dict[str, Any]
_SEARCH_OPTIONS = {"size", "scroll", "ignore_unavailable", "_source_includes"}
_PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
_SHARDS = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}


class ElasticsearchDouble:
    """Use as an async context manager; `port` is where it listens, `violations` what it had to refuse."""

    def __init__(self) -> None:
        self.indices: dict[str, dict[str, Json]] = {}  # index -> id -> hit
        self.mappings: dict[str, Json] = {}
        self.scrolled = 0  # pages after the first that were asked for
        self.violations: list[str] = []
        self._scrolls: dict[str, tuple[int, list[Json]]] = {}  # id -> size of a page, hits still to come
        self._ids = itertools.count(1)

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._strict])
        app.router.add_get("/", self._information)
        app.router.add_put("/{index}", self._create)
        app.router.add_head("/{index}", self._exists)
        app.router.add_put("/{index}/_mapping", self._map)
        app.router.add_post("/_search/scroll", self._scroll)
        app.router.add_delete("/_search/scroll", self._end_scroll)
        app.router.add_post("/{index}/_search", self._search)
        app.router.add_post("/{index}/_doc", self._index)
        app.router.add_delete("/{index}/_doc/{id}", self._delete)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port: int = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def add(self, index: str, **fields: Any) -> None:
        """Store a document of this moment."""
        at = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._store(index, {"@timestamp": at, **fields})

    def sources(self, index: str) -> list[Json]:
        """Return the documents of an index, oldest first."""
        return [one["_source"] for one in self.indices.get(index, {}).values()]

    def _store(self, index: str, source: Json) -> str:
        name = f"doc-{next(self._ids)}"
        hit = {"_index": index, "_id": name, "_score": None, "_source": source}
        self.indices.setdefault(index, {})[name] = hit
        return name

    @web.middleware
    async def _strict(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        asked = f"{request.method} {request.path_qs}"
        try:
            if request.body_exists and request.content_type != "application/json":
                raise UnknownQuery(f"content type {request.content_type}")
            answer = await handler(request)
        except web.HTTPException as refusal:
            # The router knows no such request, or it is about something that is not there.
            self.violations.append(f"{asked}: {refusal.status}")
            raise
        except (UnknownQuery, KeyError, ValueError) as error:
            self.violations.append(f"{asked}: {error!r}, in {await request.text()}")
            body = {"error": {"type": "parsing_exception", "reason": str(error)}, "status": 400}
            answer = web.json_response(body, status=400)
        answer.headers.update(_PRODUCT)
        return answer

    async def _information(self, _request: web.Request) -> web.Response:
        version = {"number": "8.11.1", "build_flavor": "default", "lucene_version": "9.8.0"}
        return web.json_response(
            {
                "name": "node-1",
                "cluster_name": "double",
                "version": version,
                "tagline": "You Know, for Search",
            }
        )

    async def _exists(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if request.match_info["index"] in self.indices else 404)

    async def _create(self, request: web.Request) -> web.Response:
        index = request.match_info["index"]
        if index in self.indices:
            raise UnknownQuery(f"{index} exists")
        self.indices[index] = {}
        return web.json_response({"acknowledged": True, "shards_acknowledged": True, "index": index})

    async def _map(self, request: web.Request) -> web.Response:
        index, body = request.match_info["index"], await request.json()
        if index not in self.indices or not body["properties"] or request.query:
            raise UnknownQuery(f"mapping of {index}")
        self.mappings[index] = body
        return web.json_response({"acknowledged": True})

    async def _index(self, request: web.Request) -> web.Response:
        index, source = request.match_info["index"], await request.json()
        if index not in self.indices or not isinstance(source, dict) or request.query:
            raise UnknownQuery(f"a document of {index}")
        name = self._store(index, source)
        body = {"_index": index, "_id": name, "_version": 1, "result": "created", "_shards": _SHARDS}
        return web.json_response(body, status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        index, name = request.match_info["index"], request.match_info["id"]
        del self.indices[index][name]
        return web.json_response({"_index": index, "_id": name, "result": "deleted", "_shards": _SHARDS})

    async def _search(self, request: web.Request) -> web.Response:
        if unknown := set(request.query) - _SEARCH_OPTIONS:
            raise UnknownQuery(f"options {unknown}")
        pattern, body = request.match_info["index"], await request.json()
        indices = [one for one in self.indices if fnmatchcase(one, pattern)]
        if not indices and "*" not in pattern and request.query.get("ignore_unavailable") != "true":
            raise UnknownQuery(f"no index {pattern}")
        included = request.query.get("_source_includes", "*").split(",")
        found = found_by(body, [hit for one in indices for hit in self.indices[one].values()])
        hits = [_only(included, hit) for hit in found]
        size = int(request.query.get("size", 10))
        answer = _page(hits[:size], len(hits))
        if "scroll" in request.query:
            answer["_scroll_id"] = f"scroll-{next(self._ids)}"
            self._scrolls[answer["_scroll_id"]] = (size, hits[size:])
        return web.json_response(answer)

    async def _scroll(self, request: web.Request) -> web.Response:
        name = (await request.json())["scroll_id"]
        size, hits = self._scrolls[name]
        self._scrolls[name] = (size, hits[size:])
        self.scrolled += 1
        return web.json_response({**_page(hits[:size], len(hits)), "_scroll_id": name})

    async def _end_scroll(self, request: web.Request) -> web.Response:
        for name in (await request.json())["scroll_id"]:
            del self._scrolls[name]
        return web.json_response({"succeeded": True, "num_freed": 1})


def _only(included: list[str], hit: Json) -> Json:
    """Return a hit with the fields that were asked for."""
    source = hit["_source"].items()
    return {
        **hit,
        "_source": {name: one for name, one in source if any(fnmatchcase(name, i) for i in included)},
    }


def _page(hits: list[Json], total: int) -> Json:
    found = {"total": {"value": total, "relation": "eq"}, "max_score": None, "hits": hits}
    return {"took": 1, "timed_out": False, "_shards": _SHARDS, "hits": found}
