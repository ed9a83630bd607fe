package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/datadog"
	"github.com/sluice-gateway/sluice/internal/export/elasticsearch"
	"github.com/sluice-gateway/sluice/internal/export/jsonl"
	"github.com/sluice-gateway/sluice/internal/export/kafka"
	"github.com/sluice-gateway/sluice/internal/export/langfuse"
	"github.com/sluice-gateway/sluice/internal/export/nats"
	"github.com/sluice-gateway/sluice/internal/export/parquet"
	"github.com/sluice-gateway/sluice/internal/export/s3"
	"github.com/sluice-gateway/sluice/internal/export/splunk"
	"github.com/sluice-gateway/sluice/internal/export/webhook"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/telemetry"
)

// openExports makes what brings entries to sinks. What a process before this one held is
// another's until its time is over.
func (p *process) openExports() {
	p.exports = export.New(export.Options{Store: p.store, Bodies: p.exportBodies, Node: p.node, Logger: p.log})
	p.store.OnArrivals(p.exports.WakeAll)
}

// nodeName is this process among all that share a store.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host + "/" + uuid.NewString()[:8]
}

// runExports runs exports, once the store is there.
func (p *process) runExports(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.exports.Run(ctx)
}

// setExports makes the exports of a configuration those that run.
func (p *process) setExports(cfg *config.Config) {
	specs := make([]*export.Spec, 0, len(cfg.Exports))
	for name, x := range cfg.Exports {
		spec, err := p.exportSpec(name, &x)
		if err != nil { // the configuration was checked
			p.log.Error("an export cannot run", "export", name, "error", err)
			continue
		}
		specs = append(specs, spec)
	}
	slices.SortFunc(specs, func(a, b *export.Spec) int { return cmp.Compare(a.Name, b.Name) })
	p.exports.Set(specs)
}

func (p *process) exportSpec(name string, x *config.Export) (*export.Spec, error) {
	s := &export.Spec{
		Name: name, Kind: x.To, Fingerprint: fingerprint(x), Gateways: x.Gateways, Fields: x.Fields, Exclude: x.Exclude,
		Bodies: x.Bodies != "none", Redact: x.Bodies == "redacted",
		Rows: x.Batch.Rows, Bytes: int(x.Batch.Bytes), Wait: x.Batch.Wait, Timeout: x.Batch.Timeout,
		Open: func() (export.Sink, error) { return p.openSink(name, x) },
	}
	if x.Filter == "" {
		return s, nil
	}
	var err error
	s.Filter, err = expr.CompileEntry(x.Filter, gateway.EntryFields())
	return s, err
}

// fingerprint changes with any setting of an export, secrets included.
func fingerprint(x *config.Export) string {
	h := sha256.New()
	text, _ := json.Marshal(x) // secrets are hidden in it, and it cannot fail
	h.Write(text)
	secrets := []string{x.URL.Reveal(), x.Secret.Reveal(), x.Token.Reveal(), x.Password.Reveal()}
	for name, values := range headersOf(x) {
		secrets = append(secrets, name+"="+values[0])
	}
	slices.Sort(secrets[4:])
	text, _ = json.Marshal(secrets)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// openSink makes the sink of an export.
func (p *process) openSink(name string, x *config.Export) (export.Sink, error) {
	switch x.To {
	case "jsonl":
		return jsonl.Open(jsonl.Config{Dir: x.Path, Name: name, Size: int64(x.Rotate.Size), Every: x.Rotate.Every, Keep: x.Rotate.Keep, Compress: x.Compress}, time.Now)
	case "parquet":
		return parquet.Open(parquet.Config{Dir: x.Path, Name: name, Keep: x.Rotate.Keep})
	}
	conf, err := exportTLS(x)
	if err != nil {
		return nil, err
	}
	return p.netSink(name, x, conf)
}

// netSink makes a sink that is reached over the network.
func (p *process) netSink(name string, x *config.Export, conf *tls.Config) (export.Sink, error) {
	url, token, password, header := x.URL.Reveal(), x.Token.Reveal(), x.Password.Reveal(), headersOf(x)
	asked := conf // of brokers, which speak TLS only where that is asked for
	if !x.TLS && x.CAFile == "" && x.CertFile == "" {
		asked = nil
	}
	switch x.To {
	case "webhook":
		return webhook.New(webhook.Config{URL: url, Export: name, Secret: x.Secret.Reveal(), Header: header, TLS: conf}), nil
	case "splunk":
		return splunk.New(splunk.Config{URL: url, Token: token, Index: x.Index, Ack: x.Ack, Header: header, TLS: conf}), nil
	case "elasticsearch":
		return elasticsearch.New(elasticsearch.Config{URL: url, Index: x.Index, APIKey: token, User: x.User, Password: password, Header: header, TLS: conf}), nil
	case "datadog":
		return datadog.New(datadog.Config{URL: url, Site: x.Site, APIKey: token, Header: header, TLS: conf}), nil
	case "langfuse":
		return langfuse.New(langfuse.Config{URL: url, Public: x.User, Secret: password, Header: header, TLS: conf, Vendor: func(provider string) string { return p.vendor(provider).Name }}), nil
	case "kafka":
		return kafka.New(kafka.Config{Servers: x.Servers, Topic: x.Topic, User: x.User, Password: password, SASL: x.SASL, TLS: asked}), nil
	case "nats":
		return nats.New(nats.Config{Servers: x.Servers, Subject: x.Subject, Token: token, User: x.User, Password: password, TLS: asked}), nil
	case "s3":
		return s3Sink(name, x, conf)
	}
	return nil, export.Failed("there is no sink %s", x.To)
}

// awsTime bounds reading the machine's credentials for AWS.
const awsTime = 10 * time.Second

func s3Sink(name string, x *config.Export, conf *tls.Config) (export.Sink, error) {
	c := s3.Config{URL: x.URL.Reveal(), Bucket: x.Bucket, Prefix: cmp.Or(x.Prefix, name+"/"), Region: x.Region, PathStyle: x.PathStyle, Format: x.Format, Compress: x.Compress, TLS: conf}
	if x.User != "" {
		c.Keys = credentials.NewStaticCredentialsProvider(x.User, x.Password.Reveal(), "")
		return s3.New(c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), awsTime)
	defer cancel()
	found, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(x.Region))
	if err != nil {
		return nil, export.Failed("AWS's usual sources of credentials cannot be read")
	}
	c.Keys = found.Credentials
	return s3.New(c)
}

func headersOf(x *config.Export) http.Header {
	h := http.Header{}
	for name, v := range x.Headers {
		h.Set(name, v.Reveal())
	}
	return h
}

// exportTLS gives the certificates of an export; nil = the usual ones.
func exportTLS(x *config.Export) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if x.CAFile != "" {
		pem, err := os.ReadFile(x.CAFile)
		if err != nil {
			return nil, export.Failed("ca_file cannot be read")
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, export.Failed("ca_file holds no certificate")
		}
	}
	if x.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(x.CertFile, x.KeyFile)
		if err != nil {
			return nil, export.Failed("cert_file and key_file are no pair that can be used")
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return conf, nil
}

// exportBodies gives what was said in a call, for exports.
func (p *process) exportBodies(ctx context.Context, id string, redact bool) (json.RawMessage, error) {
	b, err := p.store.EntryBodies(ctx, id)
	if err != nil || b == nil {
		return nil, err
	}
	if redact {
		redactBodies(b)
	}
	return json.Marshal(admin.NewBodies(b))
}

func redactBodies(b *gateway.Bodies) {
	one := func(body *gateway.Body) {
		if body != nil {
			body.Bytes = record.Redact(body.Bytes)
		}
	}
	one(&b.Request)
	one(&b.Answer)
	for i := range b.Attempts {
		one(b.Attempts[i].Request)
		one(b.Attempts[i].Answer)
	}
}

// exportLevels gives how exports stand, for metrics.
func (p *process) exportLevels() (out []telemetry.ExportLevel) {
	if p.exports == nil {
		return nil
	}
	states, now := p.exports.States(), time.Now()
	for i := range states {
		st := &states[i]
		lag := export.LagOf(st, now)
		out = append(out, telemetry.ExportLevel{Name: st.Name, Lag: lag.Seconds, Entries: float64(lag.Entries), Sent: float64(st.Sent), Failed: float64(st.Failures),
			SetAside: float64(st.SetAside), Filtered: float64(st.Filtered), Deleted: float64(st.Deleted)})
	}
	return out
}
