package export

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	sink "github.com/sluice-gateway/sluice/internal/export/nats"
	"github.com/sluice-gateway/sluice/internal/testport"
)

const subject, token = "sluice.entries", "let-me-in"

// bus is a NATS server with a stream, which can be stopped and started.
type bus struct {
	t    *testing.T
	opts server.Options
	s    *server.Server
}

func newBus(t *testing.T) *bus {
	b := &bus{t: t, opts: server.Options{Host: "127.0.0.1", Port: testport.Free(t), JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, Authorization: token, MaxPayload: 64 << 10}}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *bus) start() {
	b.t.Helper()
	opts := b.opts
	s, err := server.NewServer(&opts)
	if err != nil {
		b.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		b.t.Fatal("the server does not start")
	}
	b.s = s
}

func (b *bus) stop() { b.s.Shutdown(); b.s.WaitForShutdown() }

func (b *bus) address() string { return b.s.Addr().String() }

// with connects and gives JetStream.
func (b *bus) with(f func(ctx context.Context, js jetstream.JetStream) error) {
	b.t.Helper()
	conn, err := nats.Connect("nats://"+b.address(), nats.Token(token))
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := f(ctx, js); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bus) stream() {
	b.with(func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "ENTRIES", Subjects: []string{"sluice.>"}, Storage: jetstream.FileStorage})
		return err
	})
}

func (b *bus) read() (all []exporttest.Got) {
	b.with(func(ctx context.Context, js jetstream.JetStream) error {
		s, err := js.Stream(ctx, "ENTRIES")
		if err != nil {
			return err
		}
		for n := s.CachedInfo().State.FirstSeq; n <= s.CachedInfo().State.LastSeq && s.CachedInfo().State.Msgs > 0; n++ {
			m, err := s.GetMsg(ctx, n)
			if err != nil {
				return err
			}
			all = append(all, exporttest.Got{ID: m.Header.Get(nats.MsgIdHdr), Doc: m.Data})
		}
		return nil
	})
	return all
}

func TestNATS(t *testing.T) {
	exporttest.Run(t, exporttest.Suite{Once: true, New: func(t *testing.T) *exporttest.Place {
		b := newBus(t)
		b.stream()
		at := b.address()
		return &exporttest.Place{
			Open: func() (export.Sink, error) {
				return sink.New(sink.Config{Servers: []string{at}, Subject: subject, Token: token}), nil
			},
			Read: func(*testing.T) []exporttest.Got { return b.read() },
			Away: func(away bool) { // killed and started again
				if away {
					b.stop()
				} else {
					b.start()
				}
			},
		}
	}})
}

func TestNATSWithoutAStreamOrAToken(t *testing.T) {
	b := newBus(t)
	row := []export.Row{{ID: "1", JSON: []byte(`{"id":"1"}`)}}
	for _, c := range []struct{ token, want string }{{token, "no stream takes the subject"}, {"wrong", "it does not let us in"}} {
		s := sink.New(sink.Config{Servers: []string{b.address()}, Subject: subject, Token: c.token})
		if err := s.Send(t.Context(), row); err == nil || err.Error() != c.want {
			t.Errorf("with %s: %v, not %s", c.token, err, c.want)
		}
		s.Close()
	}
}

func TestNATSRefusesWhatIsTooLarge(t *testing.T) {
	b := newBus(t)
	b.stream()
	s := sink.New(sink.Config{Servers: []string{b.address()}, Subject: subject, Token: token})
	defer s.Close()
	rows := []export.Row{{ID: "1", JSON: []byte(`{"id":"1"}`)}, {ID: "2", JSON: make([]byte, 100<<10)}, {ID: "3", JSON: []byte(`{"id":"3"}`)}}
	part, ok := s.Send(t.Context(), rows).(*export.Partial)
	if !ok || len(part.Refused) != 1 || part.Refused[1] == "" || len(part.Again) != 0 {
		t.Errorf("%+v", part)
	}
	if got := b.read(); len(got) != 2 {
		t.Errorf("%d messages came", len(got))
	}
}
