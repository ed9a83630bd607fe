// Package nats publishes entries to a subject that a stream of JetStream takes.
package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/netfault"
)

const dialTime = 10 * time.Second

// Config says where to.
type Config struct {
	Servers        []string // HOST:PORT
	Subject        string
	Token          string      // "" = none
	User, Password string      // "" = none
	TLS            *tls.Config // nil = as the server wants it
}

// Sink publishes to a subject.
type Sink struct {
	c    Config
	conn *nats.Conn // nil = none yet
	js   jetstream.JetStream
}

// New makes a sink; it connects when it sends.
func New(c Config) *Sink { return &Sink{c: c} }

func (s *Sink) connect() error {
	if s.conn != nil && s.conn.IsConnected() {
		return nil
	}
	_ = s.Close() // another connection is simpler than to wait for this one
	opts := []nats.Option{nats.Name("sluice"), nats.Timeout(dialTime), nats.NoReconnect()}
	switch {
	case s.c.Token != "":
		opts = append(opts, nats.Token(s.c.Token))
	case s.c.User != "":
		opts = append(opts, nats.UserInfo(s.c.User, s.c.Password))
	}
	if s.c.TLS != nil {
		opts = append(opts, nats.Secure(s.c.TLS))
	}
	conn, err := nats.Connect(strings.Join(s.c.Servers, ","), opts...)
	if err != nil {
		return export.Failed("%s", reason(err))
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return export.Failed("%s", reason(err))
	}
	s.conn, s.js = conn, js
	return nil
}

// Send implements export.Sink: the stream has the rows when it returns. The id of an entry
// is the message's, by which the stream leaves out repeats within its window.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	if err := s.connect(); err != nil {
		return err
	}
	p := &export.Partial{Refused: map[int]string{}}
	acks := make([]jetstream.PubAckFuture, len(rows))
	for i, r := range rows {
		ack, err := s.js.PublishMsgAsync(&nats.Msg{Subject: s.c.Subject, Data: r.JSON}, jetstream.WithMsgID(r.ID))
		if err != nil {
			judge(p, i, err)
			continue
		}
		acks[i] = ack
	}
	for i, ack := range acks {
		if ack == nil {
			continue
		}
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			judge(p, i, err)
		case <-ctx.Done():
			judge(p, i, context.Cause(ctx))
		}
	}
	if ctx.Err() != nil {
		_ = s.Close() // acknowledgements that come later are nobody's
	}
	return p.OrNil()
}

// tooLarge is the error of a stream that takes no message of this size
// (https://github.com/nats-io/nats-server/blob/main/server/errors.json).
const tooLarge = 10054

func judge(p *export.Partial, i int, err error) {
	var said *jetstream.APIError
	switch {
	case errors.Is(err, nats.ErrMaxPayload), errors.As(err, &said) && said.ErrorCode == tooLarge:
		p.Refused[i] = "it is larger than messages may be"
	default:
		p.Again, p.Reason = append(p.Again, i), reason(err)
	}
}

func reason(err error) string {
	var said *jetstream.APIError
	switch {
	case errors.As(err, &said):
		return "it answered " + said.Description
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse):
		return "no stream takes the subject"
	case errors.Is(err, nats.ErrAuthorization):
		return "it does not let us in"
	case errors.Is(err, nats.ErrNoServers):
		return "no server can be reached"
	}
	return netfault.Reason(err)
}

// Close implements export.Sink.
func (s *Sink) Close() error {
	if s.conn != nil {
		s.conn.Close()
		s.conn, s.js = nil, nil
	}
	return nil
}
