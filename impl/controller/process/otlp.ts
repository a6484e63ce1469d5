/** Spans to a collector, by OTLP over HTTP. Loaded by those alone that are told of one. */
import { ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { OpenSpanOf } from '../host/tracing.ts';

/** Spans that are told to a collector. @public */
export interface Tracing {
  readonly open: OpenSpanOf;
  /** Sends what waits. */
  close(): Promise<void>;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function contextOf(parent: string | undefined) {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(parent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  const remote: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags as string, 16),
    isRemote: true,
  };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext) =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

/**
 * @param collector - its URL, such as `http://collector:4318`
 * @param instance - who this process is
 */
export function tracingTo(collector: string, instance: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${collector.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'kubedirect', 'service.instance.id': instance }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  });
  const tracer = provider.getTracer('kubedirect');
  return {
    open(name, parent, attributes) {
      const mutable = Object.fromEntries(
        Object.entries(attributes).map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]),
      ) as Record<string, string | number | string[]>;
      const span = tracer.startSpan(name, { attributes: mutable }, contextOf(parent));
      return { trace: traceparentOf(span.spanContext()), end: () => span.end() };
    },
    close: () => provider.shutdown().catch(() => {}),
  };
}
