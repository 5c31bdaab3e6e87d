"""JSON inside a field: an object, or a sentence for the sender."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.inner_json import inner_object


def test_the_object_in_a_text_is_returned() -> None:
    assert inner_object('{"a": [1, {"b": null}]}', "the field data") == {"a": [1, {"b": None}]}


@pytest.mark.parametrize(
    "text", [None, 7, {"a": 1}, "", "no", "[]", "1", '{"a":' * 70 + "1" + "}" * 70, "[" * 100_000]
)
def test_anything_else_is_refused_with_the_name_of_its_place(text: Any) -> None:
    with pytest.raises(Permanent, match="the field data"):
        inner_object(text, "the field data")
