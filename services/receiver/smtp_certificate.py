"""The certificate for STARTTLS, as it is on disk now: a renewed one is used without a restart."""

from __future__ import annotations

import ssl
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class Certificate:
    """Builds the TLS context of new connections.

    Raises:
        OSError, ssl.SSLError: at the start, when the files cannot be used; later the last good ones stay.
    """

    def __init__(self, chain: Path, key: Path | None) -> None:
        self._files = [one for one in (chain, key) if one is not None]
        self._chain, self._key = chain, key
        self._seen = self._stamp()
        self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """Return the context, a new one when a file has changed."""
        try:
            stamp = self._stamp()
            if stamp != self._seen:
                self._context = self._load()
                self._seen = stamp
                log.info("certificate.renewed", file=self._chain.name)
        except (OSError, ssl.SSLError) as error:
            log.error("certificate.unreadable", file=self._chain.name, error=str(error))
        return self._context

    def _stamp(self) -> list[tuple[int, int]]:
        return [(one.stat().st_mtime_ns, one.stat().st_size) for one in self._files]

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._chain, self._key)
        return context
