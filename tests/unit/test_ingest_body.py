"""What a request body may be, and the limits that it is held to."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ingest import Limits, Refused, parse

WIDE = Limits(depth=64, keys=20_000)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=frontier"

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
payloads = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=30,
)


def refusal(body: bytes, content_type: str, limits: Limits = WIDE) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(body, content_type, limits)
    return caught.value


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def keys_of(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(keys_of, value.values()))
    return sum(map(keys_of, value)) if isinstance(value, list) else 0


@given(payloads.filter(lambda one: one is not None))
def test_every_json_value_but_null_is_taken_as_it_is(payload: Any) -> None:
    assert parse(orjson.dumps(payload), JSON, WIDE) == payload


@given(payloads.filter(lambda one: one is not None), st.integers(1, 6), st.integers(0, 12))
def test_a_body_is_refused_exactly_when_it_passes_a_limit(payload: Any, depth: int, keys: int) -> None:
    body = orjson.dumps(payload)
    fits = depth_of(payload) <= depth and keys_of(payload) <= keys
    if fits:
        assert parse(body, JSON, Limits(depth, keys)) == payload
    else:
        assert refusal(body, JSON, Limits(depth, keys)).status == 400


@given(
    st.binary(max_size=200),
    st.sampled_from([JSON, FORM, MULTIPART, "", "application/json; charset=utf-16", "a/b"]),
)
def test_any_bytes_are_a_payload_or_a_refusal_never_a_crash(body: bytes, content_type: str) -> None:
    with suppress(Refused):
        parse(body, content_type, Limits(3, 5))


@given(st.dictionaries(texts, texts, max_size=6))
def test_form_fields_are_read_as_they_were_sent(fields: dict[str, str]) -> None:
    assert parse(urlencode(fields).encode(), FORM, WIDE) == fields


@pytest.mark.parametrize("content_type", [JSON, FORM, MULTIPART, "", "text/plain"])
def test_an_empty_body_is_an_empty_object(content_type: str) -> None:
    assert parse(b" \n", content_type, WIDE) == {}


def test_null_is_no_payload() -> None:
    assert refusal(b"null", JSON).status == 400


def test_malformed_json_is_answered_with_a_detail() -> None:
    refused = refusal(b'{"a": ', JSON)
    assert (refused.status, refused.as_json) == (400, True)
    assert refused.reason.startswith("JSON parse error - ")


def test_other_content_types_are_unsupported() -> None:
    refused = refusal(b"<a/>", "application/xml")
    assert (refused.status, refused.as_json) == (415, True)


def test_json_is_read_without_a_content_type_and_with_a_structured_suffix() -> None:
    assert parse(b'{"a": 1}', "", WIDE) == {"a": 1}
    assert parse(b'{"a": 1}', "application/vnd.example+json; v=2", WIDE) == {"a": 1}


def test_json_that_curl_labelled_as_a_form_is_read_as_json() -> None:
    assert parse(b'{"title": "a=b&c"}', FORM, WIDE) == {"title": "a=b&c"}
    assert parse(b"{not json=1", FORM, WIDE) == {"{not json": "1"}


def test_a_byte_order_mark_and_other_charsets_are_understood() -> None:
    assert parse(b"\xef\xbb\xbf" + b'{"a": 1}', JSON, WIDE) == {"a": 1}
    assert parse('{"a": "é"}'.encode("latin-1"), "application/json; charset=iso-8859-1", WIDE) == {"a": "é"}


def test_a_text_that_was_cut_inside_an_emoji_is_no_reason_to_lose_the_alert() -> None:
    assert parse(b'{"title": "fire \\ud83d"}', JSON, WIDE) == {"title": "fire ?"}


def test_a_body_deeper_than_any_parser_follows_is_refused_as_too_deep_or_malformed() -> None:
    assert refusal(b"[" * 100_000 + b"]" * 100_000, JSON).status == 400
    assert refusal(b"[" * 5_000 + b'"\\ud83d"' + b"]" * 5_000, JSON).status == 400


def test_the_last_form_field_of_a_name_wins() -> None:
    assert parse(b"a=1&b=&a=2", FORM, WIDE) == {"a": "2", "b": ""}


def test_too_many_form_fields_are_refused() -> None:
    assert refusal(b"&".join(b"a%d=1" % one for one in range(6)), FORM, Limits(3, 5)).word == "keys"


def multipart(*parts: str) -> bytes:
    return "".join(f"--frontier\r\n{part}\r\n" for part in parts).encode() + b"--frontier--\r\n"


def test_multipart_fields_are_a_payload() -> None:
    body = multipart(
        'Content-Disposition: form-data; name="title"\r\n\r\nDisk full',
        "content-disposition: form-data; name=state\r\nContent-Type: text/plain\r\n\r\nalerting\r\nnow",
    )
    assert parse(body, MULTIPART, WIDE) == {"title": "Disk full", "state": "alerting\r\nnow"}


def test_files_are_refused() -> None:
    body = multipart('Content-Disposition: form-data; name="a"; filename="a.txt"\r\n\r\nhello')
    refused = refusal(body, MULTIPART)
    assert (refused.status, refused.word, refused.as_json) == (400, "file", False)


def test_a_multipart_body_without_its_end_is_malformed() -> None:
    body = b'--frontier\r\nContent-Disposition: form-data; name="a"\r\n\r\nhel'
    assert refusal(body, MULTIPART).word == "malformed"


def test_numbers_json_cannot_hold_are_malformed() -> None:
    for body in (b"NaN", b"[Infinity]", b"1e999"):
        assert refusal(body, JSON).status == 400


def test_a_long_flat_list_is_not_counted_as_keys() -> None:
    assert len(parse(json.dumps(list(range(50_000))).encode(), JSON, WIDE)) == 50_000
