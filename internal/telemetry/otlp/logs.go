package otlp

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// record is one record of the log.
type record = sdklog.Record

// logSender sends records.
type logSender struct{ exporter sdklog.Exporter }

// Send implements sender.
func (s logSender) Send(ctx context.Context, batch []record) error {
	return s.exporter.Export(ctx, batch)
}

// End implements sender.
func (s logSender) End(ctx context.Context) { _ = s.exporter.Shutdown(ctx) }

// Handler gives what takes the process's log from a level on; nil = it goes nowhere.
func (e *Exporter) Handler(from slog.Level) slog.Handler {
	if e == nil || len(e.records) == 0 {
		return nil
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithResource(e.resource.sdk), sdklog.WithProcessor(logProcessor{e}), sdklog.WithAttributeValueLengthLimit(maxLogText))
	return levelled{otelslog.NewHandler(scope, otelslog.WithLoggerProvider(provider), otelslog.WithVersion(e.opt.Version), otelslog.WithSchemaURL(schema)), from}
}

// maxLogText bounds one attribute of a record, in characters.
const maxLogText = 8192

// logProcessor hands records to the queues.
type logProcessor struct{ e *Exporter }

// Enabled implements sdklog.Processor; levelled decides.
func (logProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

// OnEmit implements sdklog.Processor.
func (p logProcessor) OnEmit(_ context.Context, r *sdklog.Record) error {
	for _, q := range p.e.records {
		q.put(r.Clone(), logSize, r.Severity() >= log.SeverityWarn)
	}
	return nil
}

// logSize is about what a record takes.
const logSize = 2048

// Shutdown implements sdklog.Processor; Close does it.
func (logProcessor) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdklog.Processor; queues flush by themselves.
func (logProcessor) ForceFlush(context.Context) error { return nil }

// levelled lets records from a level on through.
type levelled struct {
	slog.Handler
	from slog.Level
}

// Enabled implements slog.Handler.
func (l levelled) Enabled(ctx context.Context, at slog.Level) bool {
	return at >= l.from && l.Handler.Enabled(ctx, at)
}

// WithAttrs implements slog.Handler.
func (l levelled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelled{l.Handler.WithAttrs(attrs), l.from}
}

// WithGroup implements slog.Handler.
func (l levelled) WithGroup(name string) slog.Handler {
	return levelled{l.Handler.WithGroup(name), l.from}
}
