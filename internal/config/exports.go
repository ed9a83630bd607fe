package config

import (
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Export is one place that entries are brought to.
type Export struct {
	To       string   `yaml:"to" required:"true" example:"jsonl" enum:"jsonl|parquet|s3|webhook|kafka|nats|splunk|elasticsearch|datadog|langfuse" help:"What entries are brought to."`
	Filter   string   `yaml:"filter" example:"status >= 400 || cost_usd > 0.5" check:"entrycondition" help:"Only entries for which this is true: an expression (CEL) over the members of an entry. What is null makes comparisons false."`
	Gateways []string `yaml:"gateways" example:"[default]" single:"true" check:"name" help:"Only entries of these gateways. Default: all."`
	Fields   []string `yaml:"fields" example:"[model, usage, cost_usd]" single:"true" check:"entryfield" help:"Members of an entry that are sent; id and time always are. Default: all."`
	Exclude  []string `yaml:"exclude" example:"[client_ip, user_agent]" single:"true" check:"entryfield" help:"Members that are not sent."`
	Bodies   string   `yaml:"bodies" default:"none" enum:"none|redacted|full" help:"Whether what was said is sent too, as far as the gateway's log keeps it: not at all, with secrets removed once more, or as it was stored. What was redacted in the store stays so."`
	Batch    Batch    `yaml:"batch" help:"How much is sent at once."`

	Path     string `yaml:"path" example:"exports" check:"path" help:"jsonl, parquet: the directory. Default: exports."`
	Rotate   Rotate `yaml:"rotate" help:"jsonl, parquet: when a file is finished, and what stays."`
	Compress string `yaml:"compress" example:"zstd" enum:"none|gzip|zstd" help:"jsonl, and objects of jsonl in s3: how finished files are compressed. Default: none, in s3 gzip."`
	Format   string `yaml:"format" example:"parquet" enum:"jsonl|parquet" help:"s3: what objects hold. jsonl unless given."`

	URL      Secret            `yaml:"url" example:"https://logs.example.com/ingest" plain:"true" check:"webhook" help:"webhook, splunk, elasticsearch, langfuse: where it is. datadog, s3: instead of the usual address."`
	Headers  map[string]Secret `yaml:"headers" example:"{x-team: search}" plain:"true" check:"header" help:"Sent with every request over HTTP. A value may be a reference; one that holds a credential must be."`
	Secret   Secret            `yaml:"secret" example:"env:WEBHOOK_SECRET" help:"webhook: signs what is sent, as a reference."`
	Token    Secret            `yaml:"token" example:"env:SPLUNK_HEC_TOKEN" check:"header" help:"splunk, datadog, elasticsearch, nats: the token or API key, as a reference."`
	User     string            `yaml:"user" example:"sluice" check:"text" help:"elasticsearch, kafka, nats: who signs in. langfuse: the public key. s3: the access key id; default: AWS's usual sources."`
	Password Secret            `yaml:"password" example:"env:KAFKA_PASSWORD" check:"header" help:"What goes with user, as a reference. langfuse: the secret key. s3: the secret access key."`
	CAFile   string            `yaml:"ca_file" example:"corporate-ca.pem" check:"file" help:"Certificates (PEM) to trust instead of the system's."`
	CertFile string            `yaml:"cert_file" example:"client.pem" check:"file" help:"A certificate (PEM) of this client."`
	KeyFile  string            `yaml:"key_file" example:"client.key" check:"file" help:"Its private key."`

	Bucket    string `yaml:"bucket" example:"llm-logs" check:"text" help:"s3: the bucket."`
	Prefix    string `yaml:"prefix" example:"sluice/" check:"text" help:"s3: what names of objects begin with. Default: the export's name."`
	Region    string `yaml:"region" example:"eu-central-1" check:"region" help:"s3: the region. us-east-1 unless given."`
	PathStyle bool   `yaml:"path_style" help:"s3: the bucket stands in the path, as many servers other than AWS want it. Default: where url is given."`

	Servers []string `yaml:"servers" example:"['kafka-1:9092', 'kafka-2:9092']" single:"true" check:"text" help:"kafka, nats: addresses, HOST:PORT."`
	Topic   string   `yaml:"topic" example:"sluice-entries" check:"text" help:"kafka: the topic."`
	Subject string   `yaml:"subject" example:"sluice.entries" check:"text" help:"nats: the subject, which a stream of JetStream must take."`
	TLS     bool     `yaml:"tls" help:"kafka, nats: speak TLS. Files of certificates imply it."`
	SASL    string   `yaml:"sasl" example:"scram-sha-512" enum:"plain|scram-sha-256|scram-sha-512" help:"kafka: how user and password are told. plain unless given."`

	Index string `yaml:"index" example:"sluice-entries" check:"text" help:"elasticsearch: the index or data stream; sluice-entries unless given. splunk: the index; default: the token's."`
	Ack   bool   `yaml:"ack" help:"splunk: wait until the indexers acknowledge. It must be on for the token."`
	Site  string `yaml:"site" example:"datadoghq.eu" check:"host" help:"datadog: the site. datadoghq.com unless given."`
}

// Batch is how much an export sends at once.
type Batch struct {
	Rows    int           `yaml:"rows" example:"1000" min:"1" max:"100000" help:"At most that many entries. Default: 500; jsonl 2000; Parquet and s3 10000, a file each."`
	Bytes   Size          `yaml:"bytes" example:"4MB" min:"64KB" max:"256MB" help:"About that much JSON. Default: 1MB; jsonl 4MB; Parquet and s3 32MB."`
	Wait    time.Duration `yaml:"wait" example:"2s" min:"10ms" max:"1h" help:"What is less is sent after that. Default: 1s; Parquet and s3 1m."`
	Timeout time.Duration `yaml:"timeout" default:"30s" min:"1s" max:"1m" help:"How long one try may take."`
}

// Rotate is when a file of an export is finished.
type Rotate struct {
	Size  Size          `yaml:"size" example:"100MB" min:"64KB" max:"1TB" help:"Before it gets larger. Default: 100MB."`
	Every time.Duration `yaml:"every" example:"24h" min:"1m" max:"30d" help:"When its first entry is that old. Default: 24h."`
	Keep  int           `yaml:"keep" example:"30" min:"1" max:"1000000" help:"How many finished files stay. Default: all."`
}

// exportKeys are the keys that each sink takes beside those of all; those with a * it
// needs.
func exportKeys() map[string]string {
	return map[string]string{
		"jsonl":         "path rotate compress",
		"parquet":       "path rotate.keep",
		"s3":            "url user password ca_file cert_file key_file bucket* prefix region path_style format compress",
		"webhook":       "url* headers secret ca_file cert_file key_file",
		"kafka":         "servers* topic* user password sasl tls ca_file cert_file key_file",
		"nats":          "servers* subject* user password token tls ca_file cert_file key_file",
		"splunk":        "url* token* index ack headers ca_file cert_file key_file",
		"elasticsearch": "url* token user password index headers ca_file cert_file key_file",
		"datadog":       "url token* site headers ca_file cert_file key_file",
		"langfuse":      "url* user* password* headers ca_file cert_file key_file",
	}
}

// allExportKeys are the keys that belong to some sinks only.
func allExportKeys() []string {
	return []string{
		"path", "rotate.size", "rotate.every", "rotate.keep", "compress", "format", "url", "headers", "secret", "token", "user", "password", "ca_file", "cert_file", "key_file",
		"bucket", "prefix", "region", "path_style", "servers", "topic", "subject", "tls", "sasl", "index", "ack", "site",
	}
}

// maxExports bounds what runs beside the requests.
const maxExports = 50

// exports checks what no single value tells, and completes the rest.
func (l *loader) exports() {
	if n := len(l.cfg.Exports); n > maxExports {
		l.bad("exports", "there are %d exports; at most %d run", n, maxExports)
	}
	for _, name := range sortedKeys(l.cfg.Exports) {
		at, x := join("exports", name), l.cfg.Exports[name]
		if exportKeys()[x.To] == "" {
			continue // "to" is missing or wrong, and reported
		}
		l.exportKeys(at, &x)
		l.exportFiles(at, &x)
		for i, g := range x.Gateways {
			if _, there := l.cfg.Gateways[g]; !there {
				l.bad(doctree.Index(join(at, "gateways"), i), "there is no gateway %q", g)
			}
		}
		for i, f := range x.Exclude {
			if f == "id" || f == "time" {
				l.bad(doctree.Index(join(at, "exclude"), i), "%s is always sent: by it receivers tell repeats", f)
			}
		}
		if x.URL.IsSet() && x.URL.Ref() == "" && hasUser(x.URL.Reveal()) {
			l.bad(join(at, "url"), "the URL holds a user or password; write user and password, or url: env:NAME")
		}
		l.exportHeaders(at, &x)
		x.complete()
		if x.To == "datadog" && (x.Batch.Rows > 1000 || x.Batch.Bytes > 4e6) {
			l.bad(join(at, "batch"), "datadog takes at most 1000 rows and 4MB at once")
		}
		l.cfg.Exports[name] = x
	}
}

// exportKeys checks that a sink has what it needs, and nothing that is another one's.
func (l *loader) exportKeys(at string, x *Export) {
	takes := strings.Fields(exportKeys()[x.To])
	for _, key := range allExportKeys() {
		given := l.givenBelow(join(at, key))
		short, _, _ := strings.Cut(key, ".")
		needs := slices.Contains(takes, key+"*")
		takes := needs || slices.Contains(takes, key) || slices.Contains(takes, short)
		switch {
		case given && !takes:
			l.bad(join(at, key), "%s takes no %q", x.To, key)
		case needs && !given:
			l.bad(at, "%q is missing, which %s needs", key, x.To)
		}
	}
	user, password := l.given(join(at, "user")), l.given(join(at, "password"))
	if user != password && !(x.To == "langfuse") {
		l.bad(at, "user and password go together")
	}
	if l.given(join(at, "token")) && user {
		l.bad(at, "token and user exclude each other")
	}
	if x.To == "kafka" && l.given(join(at, "sasl")) && !user {
		l.bad(join(at, "sasl"), `"user" and "password" are missing`)
	}
	if (x.CertFile == "") != (x.KeyFile == "") {
		l.bad(at, "cert_file and key_file go together")
	}
}

// givenBelow reports whether the document has something at a path or below it.
func (l *loader) givenBelow(path string) bool {
	if l.given(path) {
		return true
	}
	for p := range l.origins {
		if strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			return true
		}
	}
	return false
}

func (l *loader) exportFiles(at string, x *Export) {
	for key, name := range map[string]string{"ca_file": x.CAFile, "cert_file": x.CertFile, "key_file": x.KeyFile} {
		l.file(join(at, key), name)
	}
}

func (l *loader) exportHeaders(at string, x *Export) {
	for _, name := range sortedKeys(x.Headers) {
		v := x.Headers[name]
		if lower := strings.ToLower(name); v.IsSet() && v.Ref() == "" && (strings.Contains(lower, "auth") || strings.Contains(lower, "key") || strings.Contains(lower, "token")) {
			l.bad(join(at, "headers", name), "it may hold a credential; write a reference, such as env:NAME")
		}
	}
}

// complete fills in what depends on the sink.
func (x *Export) complete() {
	rows, bytes, wait := 500, Size(1e6), time.Second
	switch x.To {
	case "jsonl":
		rows, bytes = 2000, 4e6
	case "parquet", "s3":
		rows, bytes, wait = 10_000, 32e6, time.Minute
	}
	orElse(&x.Batch.Rows, rows)
	orElse(&x.Batch.Bytes, bytes)
	orElse(&x.Batch.Wait, wait)
	switch x.To {
	case "jsonl":
		orElse(&x.Path, "exports")
		orElse(&x.Compress, "none")
		orElse(&x.Rotate.Size, 100e6)
		orElse(&x.Rotate.Every, 24*time.Hour)
	case "parquet":
		orElse(&x.Path, "exports")
	case "s3":
		orElse(&x.Format, "jsonl")
		orElse(&x.Compress, "gzip")
		orElse(&x.Region, "us-east-1")
		x.PathStyle = x.PathStyle || x.URL.IsSet()
	case "kafka":
		orElse(&x.SASL, "plain")
	case "elasticsearch":
		orElse(&x.Index, "sluice-entries")
	case "datadog":
		orElse(&x.Site, "datadoghq.com")
	}
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// checkExport applies the named rules of exports.
func checkExport(check, text string) string {
	if check == "entryfield" {
		if !slices.Contains(gateway.EntryFields(), text) {
			return "an entry has no member " + doctree.Quote(text) + didYouMean(text, gateway.EntryFields())
		}
		return ""
	}
	if _, err := expr.CompileEntry(text, gateway.EntryFields()); err != nil {
		return err.Error()
	}
	return ""
}
