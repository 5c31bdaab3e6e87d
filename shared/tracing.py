"""OpenTelemetry spans of the pipeline, exported by OTLP/HTTP when an endpoint is configured.

The trace is the alert's id and a span is the id of the event it ended with, so that every process derives
the same tree without passing anything but the event (see `traceparent` in shared/bus/wire.py).
"""

from __future__ import annotations

from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from shared.events import Event

_next_span: ContextVar[int | None] = ContextVar("next_span", default=None)


class _DerivedIds(IdGenerator):
    """Span ids that follow from event ids; trace ids come from the parent."""

    _random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        return _next_span.get() or int(self._random.generate_span_id())

    def generate_trace_id(self) -> int:
        return int(self._random.generate_trace_id())


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

    def handled(self, cause: Event, outcome: Event, began_ns: int, ended_ns: int) -> None:
        """Record that handling `cause` between two instants (Unix nanoseconds) led to `outcome`."""
        if self._tracer is None:
            return
        parent = SpanContext(_trace_id(cause), _span_id(cause), is_remote=True, trace_flags=TraceFlags(1))
        context = trace.set_span_in_context(NonRecordingSpan(parent))
        token = _next_span.set(_span_id(outcome))
        try:
            span = self._tracer.start_span(f"{self._service} {outcome.type}", context, start_time=began_ns)
        finally:
            _next_span.reset(token)
        span.set_attributes({"tocsin.decision": outcome.decision, "tocsin.reason": outcome.reason})
        span.end(ended_ns)

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()


def _trace_id(event: Event) -> int:
    return int((event.alert_id or event.id).replace("-", "")[:32], 16)


def _span_id(event: Event) -> int:
    return int(event.id.replace("-", "")[:16], 16)
