"""Secrets at rest: what is encrypted with TOCSIN_SECRET_KEY, and digests of what is never read back."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.errors import Permanent


class Secrets:
    """Encrypts with the first key and decrypts with any: a key is replaced by putting a new one in front.

    `keys` is the comma-separated text of TOCSIN_SECRET_KEY. No key at all is allowed until something
    must be encrypted or read: most services never do.

    Raises:
        Permanent: a key is not 32 bytes in url-safe base64.
    """

    def __init__(self, keys: str) -> None:
        parts = [part.strip() for part in keys.split(",") if part.strip()]
        try:
            self._fernet = MultiFernet([Fernet(part) for part in parts]) if parts else None
        except ValueError as error:
            raise Permanent("TOCSIN_SECRET_KEY must hold Fernet keys: 32 bytes in url-safe base64") from error
        self._parts = parts

    @property
    def has_key(self) -> bool:
        """Whether anything can be encrypted."""
        return self._fernet is not None

    def encrypt(self, text: str) -> str:
        """Return the ciphertext of `text` under the first key.

        Raises:
            Permanent: no key is set.
        """
        return self._keys().encrypt(text.encode()).decode()

    def decrypt(self, ciphertext: str) -> str:
        """Return the text that was encrypted under any of the keys.

        Raises:
            Permanent: no key is set, or none of them fits.
        """
        try:
            return self._keys().decrypt(ciphertext.encode()).decode()
        except InvalidToken as error:
            raise Permanent("a stored secret does not open with any key of TOCSIN_SECRET_KEY") from error

    def sign(self, purpose: str, text: str) -> str:
        """Return a signature of `text` (43 url-safe characters) that is of no use for another purpose.

        Raises:
            Permanent: no key is set.
        """
        self._keys()
        return _signature(self._parts[0], purpose, text)

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Whether the signature was made for this purpose with any of the keys, compared in constant time."""
        given = signature.encode()
        return any(hmac.compare_digest(_signature(key, purpose, text).encode(), given) for key in self._parts)

    def digest(self, token: str) -> str:
        """Return the SHA-256 hex that an integration's URL token is looked up by."""
        return digest(token)

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise Permanent("TOCSIN_SECRET_KEY is not set: nothing can be encrypted or decrypted")
        return self._fernet


def _signature(key: str, purpose: str, text: str) -> str:
    mac = _mac(key, purpose).copy()
    mac.update(text.encode())
    return urlsafe_b64encode(mac.digest()).decode().rstrip("=")


@lru_cache(maxsize=64)
def _mac(key: str, purpose: str) -> hmac.HMAC:
    """Return the beginning of every signature for a purpose: each page has four, and the key is half of the work."""
    own = hmac.digest(key.encode(), f"tocsin {purpose}".encode(), "sha256")
    return hmac.new(own, digestmod="sha256")


def new_key() -> str:
    """Return a fresh key for TOCSIN_SECRET_KEY."""
    return Fernet.generate_key().decode()


def digest(token: str) -> str:
    """Return the SHA-256 hex of an integration's URL token; tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def api_token_digest(token: str) -> str:
    """Return the SHA-512 hex that an API token is stored and looked up by."""
    return hashlib.sha512(token.encode()).hexdigest()
