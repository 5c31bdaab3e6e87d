"""Secrets at rest and digests."""

from __future__ import annotations

import pytest

from shared.errors import Permanent
from shared.secrets import Secrets, api_token_digest, digest, new_key


def test_a_secret_opens_with_any_key_and_is_written_with_the_first():
    old, new = new_key(), new_key()
    ciphertext = Secrets(old).encrypt("grün")

    both = Secrets(f"{new}, {old}")

    assert both.decrypt(ciphertext) == "grün"
    assert Secrets(new).decrypt(both.encrypt("neu")) == "neu"
    with pytest.raises(Permanent):
        Secrets(new).decrypt(ciphertext)


def test_without_a_key_nothing_is_encrypted_and_a_wrong_key_is_refused_at_once():
    with pytest.raises(Permanent, match="not set"):
        Secrets("").encrypt("x")
    with pytest.raises(Permanent, match="Fernet"):
        Secrets("short")


def test_digests_are_hex_of_sha256_for_urls_and_sha512_for_the_api():
    assert (len(digest("t")), len(api_token_digest("t"))) == (64, 128)
