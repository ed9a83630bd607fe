package config

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Telemetry is what the process says about itself and its calls: its log, and what goes
// over OTLP. Prometheus reads /metrics of the admin listener without any of it.
type Telemetry struct {
	LogLevel  string `yaml:"log_level" env:"SLUICE_LOG_LEVEL" default:"info" enum:"debug|info|warn|error" help:"What the log tells."`
	LogFormat string `yaml:"log_format" env:"SLUICE_LOG_FORMAT" default:"text" enum:"text|json" help:"How each line of the log looks."`

	OTLP     []OTLP            `yaml:"otlp" one:"true" example:"[{endpoint: 'http://collector:4318'}]" help:"Where traces, metrics and log go by OTLP: OpenTelemetry collectors, and what takes the same. Each gets everything unless signals says otherwise. One mapping alone stands for a list of one."`
	Resource map[string]string `yaml:"resource" example:"{deployment.environment.name: production}" check:"attribute" help:"Attributes of everything that goes over OTLP, beside service.name (sluice unless given), service.version and service.instance.id."`
	Traces   Traces            `yaml:"traces" help:"Which calls become spans. Takes effect without a restart."`
	Metrics  OTLPMetrics       `yaml:"metrics" help:"Metrics over OTLP: those of /metrics, and those of OpenTelemetry's GenAI conventions."`
	Logs     OTLPLogs          `yaml:"logs" help:"The process's log over OTLP. Calls do not stand there."`
}

// OTLP is one destination.
type OTLP struct {
	Name        string            `yaml:"name" example:"collector" check:"name" help:"What it is called in metrics and in the log. Default: otlp, then otlp-2 and so on."`
	Endpoint    string            `yaml:"endpoint" required:"true" example:"http://collector:4318" check:"otlp" help:"Where it is: http:// is plain, https:// is TLS. For protocol http what stands before /v1/traces, for grpc a host and port, such as http://collector:4317."`
	Protocol    string            `yaml:"protocol" default:"http" enum:"http|grpc" help:"http sends protobuf over HTTP."`
	Headers     map[string]Secret `yaml:"headers" example:"{authorization: env:OTLP_AUTHORIZATION}" plain:"true" check:"header" help:"Sent with every request. A value may be a reference; one that holds a credential must be."`
	Compression string            `yaml:"compression" default:"auto" enum:"auto|gzip|none" help:"How what is sent is packed. auto: by gzip, and not at all to a collector on this machine, where nothing is saved by it."`
	Timeout     time.Duration     `yaml:"timeout" default:"10s" min:"100ms" max:"5m" help:"How long one request may take, with what it is tried again."`
	Signals     []string          `yaml:"signals" default:"[traces, metrics, logs]" single:"true" enum:"traces|metrics|logs" help:"What goes there."`
	Queue       int               `yaml:"queue" default:"2048" min:"1" max:"1000000" help:"Calls, and as many log records, that may wait for it. What comes above that, or while 32 MiB wait, is dropped and counted (sluice_otel_dropped_total): a destination that is away delays no call."`
	CAFile      string            `yaml:"ca_file" example:"corporate-ca.pem" check:"file" help:"Certificates (PEM) to trust instead of the system's."`
	CertFile    string            `yaml:"cert_file" example:"tls/sluice.pem" check:"file" help:"Certificate (PEM) to present, with key_file."`
	KeyFile     string            `yaml:"key_file" example:"tls/sluice-key.pem" check:"file" help:"Its private key (PEM)."`
}

// Packs reports whether what is sent is packed by gzip.
func (o *OTLP) Packs() bool {
	if o.Compression != "auto" {
		return o.Compression == "gzip"
	}
	u, err := url.Parse(o.Endpoint)
	return err != nil || !local(u.Hostname())
}

// Traces says which calls become spans, and what stands in them.
type Traces struct {
	Ratio      float64       `yaml:"ratio" default:"1" min:"0" max:"1" help:"Share of the calls, drawn by the trace id, so that all calls of a trace are kept or none is."`
	Parent     string        `yaml:"parent" default:"follow" enum:"follow|ignore" help:"What the sampled flag of a caller's traceparent means. follow: it decides, and ratio is for calls without one. ignore: ratio is for all."`
	Errors     bool          `yaml:"errors" default:"true" help:"Keep every call that failed, whatever was drawn. Of calls that were refused before a provider was asked, 100 a second."`
	Slow       time.Duration `yaml:"slow" default:"off" off:"true" example:"10s" min:"1ms" max:"24h" help:"Keep every call that took this long."`
	Cost       float64       `yaml:"cost" example:"0.50" min:"0" max:"1000000" help:"Keep every call that cost this many US dollars. 0: no call for its cost."`
	Content    string        `yaml:"content" default:"none" enum:"none|redacted|full" help:"What spans hold of prompts and answers. redacted: as entries keep them, without secrets; full: as they were. Neither holds what log.bodies or sluice-log keeps from being recorded."`
	MaxContent Size          `yaml:"max_content" default:"8KiB" min:"256B" max:"256KiB" help:"How much of prompts, and of answers, a span holds."`
}

// OTLPMetrics are metrics over OTLP.
type OTLPMetrics struct {
	Every time.Duration `yaml:"every" default:"60s" min:"1s" max:"1h" help:"How often they are sent."`
}

// OTLPLogs is the log over OTLP.
type OTLPLogs struct {
	Level string `yaml:"level" default:"info" enum:"debug|info|warn|error" help:"From which level on."`
}

// GatewayTelemetry is what a gateway has differently.
type GatewayTelemetry struct {
	Traces    bool     `yaml:"traces" default:"true" help:"Whether calls become spans at all."`
	Ratio     *float64 `yaml:"ratio" example:"0.1" min:"0" max:"1" help:"Instead of telemetry.traces.ratio."`
	Content   string   `yaml:"content" example:"none" enum:"none|redacted|full" help:"Instead of telemetry.traces.content."`
	Propagate []string `yaml:"propagate" example:"[sandbox]" single:"true" check:"glob" help:"Providers, by name or as globs, that are sent traceparent, tracestate and baggage: servers of your own that make spans too. Default: none, since what callers say there is nobody else's business."`
}

// https://opentelemetry.io/docs/specs/semconv/general/naming/
var attributeForm = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,127}$`)

func checkAttribute(key string) string {
	if attributeForm.MatchString(key) {
		return ""
	}
	return "an attribute's name has 1 to 128 lower-case letters, digits, '.', '_' and '-', such as deployment.environment.name"
}

// checkOTLP says what is wrong with an endpoint, or "".
func checkOTLP(text string) string {
	const such = "expected a URL such as http://collector:4318 or https://otlp.example.com"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return such + "; it begins with http:// or https:// and names a host"
	case u.User != nil:
		return such + " without a user name or password; credentials go to headers"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return such + " without a query or fragment"
	}
	for _, signal := range []string{"traces", "metrics", "logs"} {
		if strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/v1/"+signal) {
			return "leave /v1/" + signal + " out: it is added for each signal"
		}
	}
	return checkPort(u.Port())
}

// telemetry completes and checks the destinations.
func (l *loader) telemetry() {
	t := &l.cfg.Telemetry
	taken := map[string]bool{}
	for i := range t.OTLP {
		taken[t.OTLP[i].Name] = true
	}
	seen := map[string]bool{}
	for i := range t.OTLP {
		here, o := doctree.Index("telemetry.otlp", i), &t.OTLP[i]
		if o.Name == "" {
			o.Name = free("otlp", taken)
			taken[o.Name] = true
		} else if seen[o.Name] {
			l.bad(join(here, "name"), "the name %q is taken by another destination", o.Name)
		}
		seen[o.Name] = true
		l.destination(here, o)
	}
	if len(t.OTLP) == 0 {
		for _, key := range []string{"traces", "metrics", "logs", "resource"} {
			if at := join("telemetry", key); l.given(at) {
				l.warn(l.at(at), "goes nowhere without telemetry.otlp, such as otlp: {endpoint: http://collector:4318}")
			}
		}
	}
}

func (l *loader) destination(at string, o *OTLP) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || o.Endpoint == "" {
		return // and told
	}
	if path := strings.Trim(u.Path, "/"); o.Protocol == "grpc" && path != "" {
		l.bad(join(at, "endpoint"), "has a path, which gRPC has not; write scheme, host and port alone")
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		l.bad(at, "cert_file and key_file go together, and one of them is missing")
	}
	for _, f := range []struct{ key, name string }{{"ca_file", o.CAFile}, {"cert_file", o.CertFile}, {"key_file", o.KeyFile}} {
		if f.name != "" && u.Scheme == "http" {
			l.bad(join(at, f.key), "means nothing with http://; write https://")
		}
		l.file(join(at, f.key), f.name)
	}
	for _, name := range sortedKeys(o.Headers) {
		if s := o.Headers[name]; s.IsSet() && s.Ref() == "" && carriesCredential(http.CanonicalHeaderKey(name)) {
			l.bad(join(at, "headers", name), "this header carries a credential: write env:NAME, file:PATH or secret:NAME instead of the value")
		}
	}
}
