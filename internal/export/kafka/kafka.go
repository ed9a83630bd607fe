// Package kafka produces entries to a topic, keyed by their ids.
package kafka

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/netfault"
)

// Config says where to.
type Config struct {
	Servers        []string // HOST:PORT
	Topic          string
	User, Password string      // "" = none
	SASL           string      // plain, scram-sha-256 or scram-sha-512
	TLS            *tls.Config // nil = no TLS
}

// Sink produces to a topic.
type Sink struct {
	opts   []kgo.Opt
	client *kgo.Client // nil = none yet
}

// New makes a sink; it connects when it sends.
func New(c Config) *Sink {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Servers...), kgo.DefaultProduceTopic(c.Topic), kgo.ClientID("sluice"),
		kgo.ProducerBatchCompression(kgo.ZstdCompression(), kgo.NoCompression()), kgo.UnknownTopicRetries(2),
		kgo.RequiredAcks(kgo.AllISRAcks()), // with the idempotent producer, which is the default, order holds within a partition
	}
	if c.TLS != nil {
		opts = append(opts, kgo.DialTLSConfig(c.TLS))
	}
	if m := mechanism(&c); m != nil {
		opts = append(opts, kgo.SASL(m))
	}
	return &Sink{opts: opts}
}

func mechanism(c *Config) sasl.Mechanism {
	switch {
	case c.User == "":
		return nil
	case c.SASL == "scram-sha-256":
		return scram.Auth{User: c.User, Pass: c.Password}.AsSha256Mechanism()
	case c.SASL == "scram-sha-512":
		return scram.Auth{User: c.User, Pass: c.Password}.AsSha512Mechanism()
	}
	return plain.Auth{User: c.User, Pass: c.Password}.AsMechanism()
}

// Send implements export.Sink: all in-sync replicas have the rows when it returns.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	if s.client == nil {
		client, err := kgo.NewClient(s.opts...)
		if err != nil {
			return export.Failed("the settings cannot be used: %v", err)
		}
		s.client = client
	}
	records := make([]*kgo.Record, len(rows))
	place := make(map[*kgo.Record]int, len(rows))
	for i, r := range rows {
		records[i] = &kgo.Record{Key: []byte(r.ID), Value: r.JSON, Timestamp: r.Time}
		place[records[i]] = i
	}
	end := context.AfterFunc(ctx, s.client.Close) // what is on its way cannot be called back otherwise
	results := s.client.ProduceSync(ctx, records...)
	s.alone(ctx, results, place)
	if !end() {
		s.client = nil
	}
	return judge(results, place)
}

// alone sends again, one by one, what was refused for its size together with others: a broker
// says it of all that one request holds.
func (s *Sink) alone(ctx context.Context, results kgo.ProduceResults, place map[*kgo.Record]int) {
	if len(results) == 1 {
		return
	}
	for i := range results {
		if !tooLarge(results[i].Err) || ctx.Err() != nil {
			continue
		}
		old := results[i].Record
		next := &kgo.Record{Key: old.Key, Value: old.Value, Timestamp: old.Timestamp}
		place[next] = place[old]
		results[i] = s.client.ProduceSync(ctx, next)[0]
	}
}

func tooLarge(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge)
}

// judge tells what became of each row.
func judge(results kgo.ProduceResults, place map[*kgo.Record]int) error {
	p := &export.Partial{Refused: map[int]string{}}
	for _, r := range results {
		i := place[r.Record]
		switch {
		case r.Err == nil:
		case tooLarge(r.Err), errors.Is(r.Err, kerr.InvalidRecord):
			p.Refused[i] = reason(r.Err)
		default:
			p.Again, p.Reason = append(p.Again, i), reason(r.Err)
		}
	}
	return p.OrNil()
}

func reason(err error) string {
	var known *kerr.Error
	switch {
	case errors.As(err, &known):
		return "it answered " + known.Message
	case errors.Is(err, kgo.ErrClientClosed):
		return "it did not answer in time"
	}
	return netfault.Reason(err)
}

// Close implements export.Sink.
func (s *Sink) Close() error {
	if s.client != nil {
		s.client.Close()
		s.client = nil
	}
	return nil
}
