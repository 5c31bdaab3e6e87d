"""Elasticsearch's query language, as far as ElastAlert speaks it: which documents match, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
_EXISTS = re.compile(r"(!?)_exists_:(\w+)")
_EQUALS = re.compile(r'(\w+):"?([\w-]+)"?')
_COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": lambda value, limit: value > limit,
    "gte": lambda value, limit: value >= limit,
    "lt": lambda value, limit: value < limit,
    "lte": lambda value, limit: value <= limit,
    "from": lambda value, limit: value >= limit,
    "to": lambda value, limit: value <= limit,
}


class UnknownQuery(Exception):
    """The query holds something that is not known here; it says what."""


def found_by(body: Json, hits: Iterable[Json]) -> list[Json]:
    """Return the hits whose `_source` a search's body finds, in its order.

    Raises:
        UnknownQuery: a clause, option or order is not known here.
    """
    if unknown := set(body) - {"query", "sort"}:
        raise UnknownQuery(f"search body: {unknown}")
    found = [one for one in hits if _is_match(body["query"], one["_source"])]
    for field, direction in _orders(body.get("sort", [])):
        found.sort(key=lambda one: _instant(_at(one["_source"], field)), reverse=direction == "desc")
    return found


def _orders(sort: Json | list[Json]) -> list[tuple[str, str]]:
    """Return fields with asc or desc; a sort names the direction itself or under `order`."""
    orders = []
    for field, given in (
        pair for one in ([sort] if isinstance(sort, dict) else sort) for pair in one.items()
    ):
        order = given if isinstance(given, dict) else {"order": given}
        if set(order) != {"order"} or order["order"] not in {"asc", "desc"}:
            raise UnknownQuery(f"sort by {field}: {given}")
        orders.append((field, order["order"]))
    return orders


def _is_match(query: Json, document: Json) -> bool:
    if len(query) != 1:
        raise UnknownQuery(f"a query has one name: {query}")
    [(name, body)] = query.items()
    clause = {
        "bool": _bool,
        "exists": lambda body, document: _at(document, body["field"]) is not None,
        "query_string": _query_string,
        "range": _range,
        "term": _term,
    }.get(name)
    if clause is None:
        raise UnknownQuery(f"query {name}")
    return clause(body, document)


def _bool(body: Json, document: Json) -> bool:
    if unknown := set(body) - {"filter", "must", "must_not"}:
        raise UnknownQuery(f"bool: {unknown}")
    clauses = {name: [one] if isinstance(one, dict) else one for name, one in body.items()}
    wanted = [_is_match(one, document) for one in (*clauses.get("must", []), *clauses.get("filter", []))]
    unwanted = [_is_match(one, document) for one in clauses.get("must_not", [])]
    return all(wanted) and not any(unwanted)


def _range(body: Json, document: Json) -> bool:
    [(field, limits)] = body.items()
    if unknown := set(limits) - set(_COMPARISONS):
        raise UnknownQuery(f"range: {unknown}")
    value = _at(document, field)
    return value is not None and all(
        _COMPARISONS[name](_instant(value), _instant(limit)) for name, limit in limits.items()
    )


def _term(body: Json, document: Json) -> bool:
    [(field, value)] = body.items()
    return _keyword(_at(document, field)) == _keyword(value)


def _query_string(body: Json, document: Json) -> bool:
    """Terms joined by AND; each a field's presence or absence, or its value."""
    if set(body) != {"query"}:
        raise UnknownQuery(f"query_string: {body}")
    results = []
    for term in body["query"].split(" AND "):
        if presence := _EXISTS.fullmatch(term):
            results.append((_at(document, presence[2]) is None) == bool(presence[1]))
        elif equality := _EQUALS.fullmatch(term):
            results.append(_keyword(_at(document, equality[1])) == equality[2])
        else:
            raise UnknownQuery(f"query_string: {term}")
    return all(results)


def _at(document: Json, path: str) -> Any:
    """Return the value at a dotted path, None where there is none."""
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _keyword(value: Any) -> str | None:
    """Return a value as it is indexed: truth values are the words true and false."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _instant(value: str) -> datetime:
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
