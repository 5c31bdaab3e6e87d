"""A request passes exactly when it shows everything that its integration asks for."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import (
    LAYOUTS,
    Authentication,
    BasicMethod,
    BearerMethod,
    SignatureLayout,
    SignatureMethod,
)
from shared.domain.client_address import Address, parsed
from shared.domain.ingest_auth import Denial, Lock, denied_body, denied_head

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
STAMP = str(int(NOON.timestamp()))
BODY = b'{"status": "firing"}'
# GitHub's own test vector: docs.github.com, "Validating webhook deliveries".
GITHUB_SECRET, GITHUB_BODY = "It's a Secret to Everybody", b"Hello, World!"
GITHUB_SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def locked(**methods: object) -> Lock:
    """What is configured, with "encryption" that reverses texts."""
    return Lock.opened(Authentication.model_validate(methods), lambda text: text[::-1])


def signed_by(layout: SignatureLayout, *secrets: str) -> Lock:
    return locked(signature=SignatureMethod(layout=layout, secrets=tuple(one[::-1] for one in secrets)))


def hexed(secret: str, signed: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), signed, algorithm).hexdigest()


def word_of(denial: Denial | None) -> str | None:
    return denial.word if denial is not None else None


def test_a_delivery_as_github_signs_it_passes() -> None:
    lock = signed_by(LAYOUTS["github"], GITHUB_SECRET)
    assert denied_body(lock, {"X-Hub-Signature-256": GITHUB_SIGNATURE}, GITHUB_BODY, NOON) is None
    changed = denied_body(lock, {"X-Hub-Signature-256": GITHUB_SIGNATURE}, GITHUB_BODY + b" ", NOON)
    assert word_of(changed) == "wrong_signature"


GRAFANA_STAMPED = LAYOUTS["grafana"].model_copy(update={"timestamp_header": "X-Stamp"})
SIGNERS = {
    "github": (LAYOUTS["github"], {"X-Hub-Signature-256": "sha256=" + hexed("k", BODY)}),
    "grafana": (LAYOUTS["grafana"], {"X-Grafana-Alerting-Signature": hexed("k", BODY)}),
    "grafana with a timestamp": (
        GRAFANA_STAMPED,
        {
            "X-Grafana-Alerting-Signature": hexed("k", f"{STAMP}:".encode() + BODY),
            "X-Stamp": STAMP,
        },
    ),
    "sentry": (LAYOUTS["sentry"], {"Sentry-Hook-Signature": hexed("k", BODY)}),
    "pagerduty": (
        LAYOUTS["pagerduty"],
        {"X-PagerDuty-Signature": f"v1={hexed('older key', BODY)},v1={hexed('k', BODY)}"},
    ),
    "stripe": (
        LAYOUTS["stripe"],
        {
            "Stripe-Signature": f"t={STAMP},v0=ab,v1={hexed('other', BODY)},"
            f"v1={hexed('k', f'{STAMP}.'.encode() + BODY)}"
        },
    ),
    "base64 sha512": (
        SignatureLayout(header="X-S", algorithm="sha512", encoding="base64"),
        {"X-S": base64.b64encode(hmac.digest(b"k", BODY, "sha512")).decode()},
    ),
    "sha1": (
        SignatureLayout(header="X-S", algorithm="sha1", prefix="sha1="),
        {"X-S": "sha1=" + hexed("k", BODY, "sha1").upper()},
    ),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_each_way_of_signing_passes_with_its_secret_and_with_no_other(name: str) -> None:
    layout, headers = SIGNERS[name]
    assert denied_body(signed_by(layout, "k"), headers, BODY, NOON) is None
    assert denied_body(signed_by(layout, "new", "k"), headers, BODY, NOON) is None
    assert word_of(denied_body(signed_by(layout, "K"), headers, BODY, NOON)) == "wrong_signature"
    assert word_of(denied_body(signed_by(layout, "k"), headers, BODY[:-1], NOON)) == "wrong_signature"
    assert word_of(denied_body(signed_by(layout, "k"), {}, BODY, NOON)) == "no_signature"


@pytest.mark.parametrize("name", ["grafana with a timestamp", "stripe"])
def test_a_signed_timestamp_must_be_within_the_tolerance_on_either_side(name: str) -> None:
    layout, headers = SIGNERS[name]
    lock = signed_by(layout, "k")
    for away_s, word in ((299, None), (301, "old_timestamp"), (-299, None), (-301, "old_timestamp")):
        assert word_of(denied_body(lock, headers, BODY, NOON + timedelta(seconds=away_s))) == word
    lasting = signed_by(layout.model_copy(update={"tolerance_s": 0}), "k")
    assert denied_body(lasting, headers, BODY, NOON + timedelta(days=400)) is None


@pytest.mark.parametrize("stamp", ["", "x", "-5", "1.5", "\u0661\u0662", "9" * 13, "1e3"])
def test_a_timestamp_that_is_none_is_refused_and_not_taken_as_absent(stamp: str) -> None:
    headers = {"X-Grafana-Alerting-Signature": hexed("k", BODY), "X-Stamp": stamp}
    assert word_of(denied_body(signed_by(GRAFANA_STAMPED, "k"), headers, BODY, NOON)) == "no_timestamp"


def test_a_stripe_header_without_its_timestamp_is_refused() -> None:
    headers = {"Stripe-Signature": f"v1={hexed('k', BODY)}"}
    assert word_of(denied_body(signed_by(LAYOUTS["stripe"], "k"), headers, BODY, NOON)) == "no_timestamp"


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def test_basic_takes_the_username_with_either_password() -> None:
    lock = locked(basic=BasicMethod(username="grün", passwords=("p:wen", "dlo")))
    assert denied_head(lock, basic("grün", "new:p"), None) is None
    assert denied_head(lock, basic("grün", "old"), None) is None
    for headers in (basic("grün", "new"), basic("x", "old"), basic("", ""), {"Authorization": "Basic ???"}):
        denial = denied_head(lock, headers, None)
        assert denial is not None
        assert (denial.status, denial.word) == (401, "wrong_credentials")
        assert denial.challenge is not None
        assert denial.challenge.startswith("Basic realm=")
    assert word_of(denied_head(lock, {"Authorization": "Bearer old"}, None)) == "no_credentials"


def test_bearer_is_in_authorization_or_alone_in_a_header_of_its_own() -> None:
    lock = locked(bearer=BearerMethod(tokens=("1t", "2t")))
    assert denied_head(lock, {"Authorization": "Bearer t1"}, None) is None
    assert denied_head(lock, {"Authorization": "bearer  t2 "}, None) is None
    assert word_of(denied_head(lock, {"Authorization": "Bearer t3"}, None)) == "wrong_credentials"
    assert word_of(denied_head(lock, {"Authorization": "t1"}, None)) == "no_credentials"
    gitlab = locked(bearer=BearerMethod(header="X-Gitlab-Token", tokens=("1t",)))
    assert denied_head(gitlab, {"X-Gitlab-Token": "t1"}, None) is None
    denial = denied_head(gitlab, {"Authorization": "Bearer t1"}, None)
    assert denial is not None
    assert (denial.word, denial.challenge) == ("no_credentials", None)


def test_addresses_are_held_to_the_list_and_an_unknown_one_is_refused() -> None:
    lock = locked(addresses=("10.0.0.0/8", "2001:db8::/32"))
    for text, passes in (
        ("10.9.8.7", True),
        ("11.0.0.1", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
    ):
        denial = denied_head(lock, {}, parsed(text))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.status, denial.word) == (403, "wrong_address")
            assert text in denial.reason
    assert word_of(denied_head(lock, {}, None)) == "wrong_address"


ALL = {
    "signature": SignatureMethod(layout=LAYOUTS["github"], secrets=("k",)),
    "basic": BasicMethod(username="u", passwords=("p",)),
    "bearer": BearerMethod(header="X-Key", tokens=("t",)),
    "addresses": ("192.0.2.1/32",),
}


@given(st.sets(st.sampled_from(sorted(ALL))), st.sets(st.sampled_from(sorted(ALL))))
def test_a_request_passes_exactly_when_every_method_that_is_asked_for_holds(
    asked: set[str], shown: set[str]
) -> None:
    lock = locked(**{name: ALL[name] for name in asked})
    headers: dict[str, str] = {}
    address: Address | None = parsed("192.0.2.1" if "addresses" in shown else "192.0.2.2")
    if "signature" in shown:
        headers["X-Hub-Signature-256"] = "sha256=" + hexed("k", BODY)
    if "basic" in shown:
        headers |= basic("u", "p")
    if "bearer" in shown:
        headers["X-Key"] = "t"

    denial = denied_head(lock, headers, address) or denied_body(lock, headers, BODY, NOON)

    assert (denial is None) is (asked <= shown)


@given(
    st.dictionaries(
        st.sampled_from(["Authorization", "X-S", "X-Stamp", "X-Key"]),
        st.text() | st.text("=,:;.tv10 abcdefBasicearer", max_size=60),
    ),
    st.binary(max_size=50),
    st.sampled_from(["hex", "base64"]),
)
def test_no_header_whatever_it_holds_passes_or_breaks_the_check(
    headers: dict[str, str], body: bytes, encoding: str
) -> None:
    layout = SignatureLayout.model_validate({"header": "X-S", "encoding": encoding, "timestamp_key": "t"})
    stamped = layout.model_copy(update={"timestamp_key": None, "timestamp_header": "X-Stamp"})
    for one in (layout, stamped):
        assert denied_body(signed_by(one, "a secret nobody guesses"), headers, body, NOON) is not None
    for lock in (
        locked(basic=BasicMethod(username="u", passwords=("a secret nobody guesses",))),
        locked(bearer=BearerMethod(tokens=("a secret nobody guesses",))),
        locked(bearer=BearerMethod(header="X-Key", tokens=("a secret nobody guesses",))),
    ):
        assert denied_head(lock, headers, None) is not None


@given(st.binary(), st.text(min_size=1), st.sampled_from(["sha1", "sha256", "sha512"]))
def test_whatever_is_signed_rightly_passes_and_one_changed_bit_does_not(
    body: bytes, secret: str, algorithm: str
) -> None:
    layout = SignatureLayout.model_validate({"header": "X-S", "algorithm": algorithm})
    secret = secret.encode("utf-8", "replace").decode()
    lock = signed_by(layout, secret)
    signature = hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).digest()
    changed = bytes([signature[0] ^ 1]) + signature[1:]

    assert denied_body(lock, {"X-S": signature.hex()}, body, NOON) is None
    assert denied_body(lock, {"X-S": changed.hex()}, body, NOON) is not None
    assert denied_body(lock, {"X-S": signature[:-1].hex()}, body, NOON) is not None


def test_secrets_do_not_print() -> None:
    lock = locked(
        bearer=BearerMethod(tokens=("terces",)), basic=BasicMethod(username="u", passwords=("terces",))
    )
    assert lock.tokens == (b"secret",)
    assert "secret" not in repr(lock)
