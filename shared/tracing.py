"""OpenTelemetry spans of the pipeline, exported by OTLP/HTTP when an endpoint is configured.

The trace is the alert's id and a span is the id of the event it ended with, so that every process derives
the same tree without passing anything but the event (see `traceparent` in shared/bus/wire.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from shared.events import Event, derived_id

# The event whose span begins now.
_event: ContextVar[Event | None] = ContextVar("event", default=None)


class _DerivedIds(IdGenerator):
    """Span ids that follow from event ids; a trace's from the alert's (a child takes its parent's)."""

    _random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        event = _event.get()
        return _span_id(event) if event is not None else int(self._random.generate_span_id())

    def generate_trace_id(self) -> int:
        event = _event.get()
        return _trace_id(event) if event is not None else int(self._random.generate_trace_id())


class Tracing:
    """Turns what a stage did with an event into spans; does nothing without an exporter."""

    def __init__(self, service: str, instance: str, exporter: SpanExporter | None) -> None:
        self._service = service
        self._tracer: trace.Tracer | None = None
        self._provider: TracerProvider | None = None
        if exporter is not None:
            resource = Resource.create({"service.name": f"tocsin-{service}", "service.instance.id": instance})
            self._provider = TracerProvider(resource=resource, id_generator=_DerivedIds())
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
            self._tracer = self._provider.get_tracer("tocsin")

    @classmethod
    def to(cls, endpoint: str, service: str, instance: str) -> Tracing:
        """Export to an OTLP/HTTP endpoint; an empty one exports nothing."""
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces") if endpoint else None
        return cls(service, instance, exporter)

    @property
    def is_on(self) -> bool:
        """Whether spans go anywhere."""
        return self._tracer is not None

    def handled(self, cause: Event, outcomes: Sequence[Event], began_ns: int, ended_ns: int) -> None:
        """Record that handling `cause` between two instants (Unix nanoseconds) led to `outcomes`.

        A cause without a cause is where a trace begins: its span is the time that it waited.
        """
        if cause.cause_id is None:
            accepted_ns = int(cause.time.timestamp() * 1e9)
            self._record(cause.type, cause, Context(), min(accepted_ns, began_ns), began_ns)
        parent = SpanContext(_trace_id(cause), _span_id(cause), is_remote=True, trace_flags=TraceFlags(1))
        context = trace.set_span_in_context(NonRecordingSpan(parent))
        for outcome in outcomes:
            self._record(f"{self._service} {outcome.type}", outcome, context, began_ns, ended_ns)

    def _record(self, name: str, event: Event, context: Context, began_ns: int, ended_ns: int) -> None:
        if self._tracer is None:
            return
        token = _event.set(event)
        try:
            span = self._tracer.start_span(name, context, start_time=began_ns)
        finally:
            _event.reset(token)
        facts = {
            "event_id": event.id,
            "subject": event.subject,
            "decision": event.decision,
            "reason": event.reason,
        }
        span.set_attributes({f"tocsin.{key}": value for key, value in facts.items() if value})
        span.end(ended_ns)

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()


def _trace_id(event: Event) -> int:
    return _number(event.alert_id or event.id, 32)


def _span_id(event: Event) -> int:
    return _number(event.id, 16)


def _number(id: str, digits: int) -> int:
    """Return the first hexadecimal digits of an id as a number; an id of another form is made one first."""
    try:
        return int(id.replace("-", "")[:digits], 16)
    except ValueError:
        return int(derived_id(id).replace("-", "")[:digits], 16)
