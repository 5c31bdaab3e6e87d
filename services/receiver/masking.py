"""Keeps tokens out of what the HTTP library logs about requests that it could not parse."""

from __future__ import annotations

import logging

LOGGER = "aiohttp.server"


class NoRequestText(logging.Filter):
    """Drops the exception's own text where it quotes the request line; the type of the fault stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, without what may hold a URL."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and "/integrations/" in str(error):
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}", ()
            record.exc_info = record.exc_text = None
        return True


def install() -> None:
    """Put the filter in place, once per process."""
    logger = logging.getLogger(LOGGER)
    if not any(isinstance(one, NoRequestText) for one in logger.filters):
        logger.addFilter(NoRequestText())
