"""Server-sent events are whole, whatever pieces they arrive in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.command.server_sent import Reader, ServerSent

STREAM = (
    "retry: 3000\n: from here on\nid: 7\n\n"
    'id: 8\nevent: group.opened.v1\ndata: {"a": "b: c"}\n\n'
    ": beat\n\n"
    "id: 9\r\nevent: x\r\ndata: one\r\ndata: two\r\n\r\n"
    "data: ü🦊\n\nid: 10\ndata: not whole"
).encode()
EVENTS = [
    ServerSent(id="7"),
    ServerSent(id="8", event="group.opened.v1", data='{"a": "b: c"}'),
    ServerSent(),
    ServerSent(id="9", event="x", data="one\ntwo"),
    ServerSent(data="ü🦊"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_cutting_the_stream_anywhere_changes_nothing(cuts: list[int]):
    reader, found = Reader(), []
    edges = [0, *sorted(cuts), len(STREAM)]

    for first, last in pairwise(edges):
        found += reader.feed(STREAM[first:last])

    assert found == EVENTS


def test_an_event_without_an_end_is_given_up():
    reader = Reader()

    with pytest.raises(ValueError, match="larger"):
        reader.feed(b"x" * (33 * 1024 * 1024))
