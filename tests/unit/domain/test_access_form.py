"""What people write of an integration's access is checked before anything of it is stored."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.access import LAYOUTS
from shared.domain.access_form import MASK, AuthenticationForm, HmacForm, RateLimitForm


@pytest.mark.parametrize("preset", sorted(LAYOUTS))
def test_a_preset_is_its_tool_s_layout_and_what_is_written_stands_over_it(preset: str) -> None:
    assert HmacForm.model_validate({"preset": preset}).layout == LAYOUTS[preset]
    changed = HmacForm.model_validate({"preset": preset, "header": "X-Mine", "tolerance_s": 0}).layout
    assert changed == LAYOUTS[preset].model_copy(update={"header": "X-Mine", "tolerance_s": 0})


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"hmca": {}}, "hmca"),
        ({"hmac": {"secert": "x"}}, "hmac"),
        ({"hmac": {"preset": "gitlab"}}, "hmac"),
        ({"hmac": {"header": "X Y"}}, "hmac"),
        ({"hmac": {"algorithm": "md5"}}, "hmac"),
        ({"hmac": {"tolerance_s": "300"}}, "hmac"),
        ({"hmac": {"prefix": "a,b"}}, "hmac"),
        ({"hmac": {"secret": ""}}, "hmac"),
        ({"hmac": {"preset": "stripe", "timestamp_header": "X-T"}}, "hmac"),
        ({"basic": {"username": "a:b"}}, "basic"),
        ({"basic": {}}, "basic"),
        ({"bearer": {"header": ""}}, "bearer"),
        ({"ip_allow_list": ["10.0.0.0/33"]}, "ip_allow_list"),
        ({"ip_allow_list": ["example.org"]}, "ip_allow_list"),
        ({"ip_allow_list": "10.0.0.0/8"}, "ip_allow_list"),
    ],
)
def test_a_mistake_is_refused_and_names_its_place(written: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AuthenticationForm.model_validate(written)
    assert refused.value.errors()[0]["loc"][0] == field


@pytest.mark.parametrize("written", [{}, {"alerts_per_minute": 0}, {"alerts_per_minute": 1.5}, {"burst": 5}])
def test_a_rate_limit_is_whole_alerts_a_minute(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RateLimitForm.model_validate(written)


def test_addresses_are_kept_as_networks() -> None:
    form = AuthenticationForm.model_validate({"ip_allow_list": ["10.1.2.3/8", "2001:DB8::/32", "192.0.2.1"]})
    assert form.ip_allow_list == ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"]


def test_what_is_left_out_keeps_the_stored_secrets_and_a_declaration_keeps_the_first_only() -> None:
    form = HmacForm.model_validate({})
    assert form.written(stored=2) == (MASK, MASK)
    assert form.written(stored=1) == (MASK, None)
    assert form.whole.written(stored=2) == (MASK, None)
    assert HmacForm.model_validate({"secret": "a", "second_secret": None}).written(2) == ("a", None)
    assert AuthenticationForm().model_fields_set == set()
    assert AuthenticationForm().whole.model_fields_set == set(AuthenticationForm.model_fields)
