"""Structured logs: noun first, past verb second, facts as keys; JSON for machines, colours for people."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@/\s]+@")
_INGEST_TOKEN = re.compile(r"(/integrations/v1/[^/\s]+/)[^/\s?]+")
_QUERY_TOKEN = re.compile(r"([?&]token=)[^&\s]+")


def configure(format: str, level: str) -> None:
    """Set up logging of the whole process; `format` is json or console, `level` a logging level's name."""
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # As text, so that it is masked too; a prettier traceback would show local variables.
        structlog.processors.format_exc_info,
        mask_secrets,
    ]
    if format == "json":
        processors.append(structlog.processors.JSONRenderer(serializer=_dumps))
    else:
        plain = structlog.dev.plain_traceback
        processors.append(
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
    # The client library logs each lost connection with a traceback; the bus says it in one line.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    logging.getLogger("aio_pika").setLevel(logging.CRITICAL)


def mask_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blank passwords in URLs, and the tokens of ingest URLs and exports, wherever they stand."""
    for key, value in event.items():
        event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    match value:
        case str() if "/" in value:
            return _masked_text(value)
        case dict():
            return {key: _masked(one) for key, one in value.items()}
        case list() | tuple():
            return [_masked(one) for one in value]
        case _:
            return value


def _masked_text(text: str) -> str:
    text = _INGEST_TOKEN.sub(r"\1***", _URL_PASSWORD.sub(r"\1***@", text))
    return _QUERY_TOKEN.sub(r"\1***", text)


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
