"""Copies of values with other fields: the same as pydantic makes, only sooner."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from tests.support.build import NOON, a_group


@pytest.mark.parametrize("update", [None, {}, {"title": "other", "resolved_at": NOON}])
@pytest.mark.parametrize("deep", [False, True])
def test_a_copy_is_what_pydantic_would_make_of_it(update: dict[str, object] | None, deep: bool):
    group = a_group()

    copied = group.model_copy(update=update, deep=deep)

    expected = BaseModel.model_copy(group, update=update, deep=deep)
    assert copied == expected
    assert copied.model_fields_set == expected.model_fields_set
    assert copied.model_dump_json() == expected.model_dump_json()


def test_a_copy_leaves_what_it_was_made_of_and_is_frozen_too():
    group = a_group()
    before = group.model_dump()

    copied = group.model_copy(update={"title": "other"})

    assert group.model_dump() == before
    with pytest.raises(ValidationError):
        copied.title = "again"  # type: ignore[misc]
