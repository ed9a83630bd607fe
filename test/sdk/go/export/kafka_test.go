package export

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/kafka"
)

const topic = "entries"

// broker is a Kafka whose answers can be changed.
type broker struct {
	*kfake.Cluster
	mu   sync.Mutex
	away bool
}

func newBroker(t *testing.T, opts ...kfake.Opt) *broker {
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(1, topic)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b := &broker{Cluster: c}
	c.ControlKey(int16(kmsg.Produce), func(q kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		b.mu.Lock()
		defer b.mu.Unlock()
		if !b.away {
			return nil, nil, false
		}
		return refusal(q.(*kmsg.ProduceRequest)), nil, true
	})
	return b
}

// refusal says that the topic may not be written to, which is no fault of the records.
func refusal(q *kmsg.ProduceRequest) kmsg.Response {
	a := q.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range q.Topics {
		at := kmsg.NewProduceResponseTopic()
		at.Topic, at.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			ap := kmsg.NewProduceResponseTopicPartition()
			ap.Partition, ap.ErrorCode = p.Partition, kerr.TopicAuthorizationFailed.Code
			at.Partitions = append(at.Partitions, ap)
		}
		a.Topics = append(a.Topics, at)
	}
	return a
}

func (b *broker) setAway(away bool) { b.mu.Lock(); defer b.mu.Unlock(); b.away = away }

// read consumes the topic from its beginning to its present end.
func (b *broker) read(t *testing.T, opts ...kgo.Opt) (all []exporttest.Got) {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.ListenAddrs()...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	end := b.PartitionInfo(topic, 0).HighWatermark
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for next := int64(0); next < end; {
		fetched := client.PollFetches(ctx)
		if err := fetched.Err0(); err != nil {
			t.Fatal(err)
		}
		for r := range fetched.RecordsAll() {
			all = append(all, exporttest.Got{ID: string(r.Key), Doc: r.Value})
			next = r.Offset + 1
		}
	}
	return all
}

func TestKafka(t *testing.T) {
	exporttest.Run(t, exporttest.Suite{New: func(t *testing.T) *exporttest.Place {
		b := newBroker(t)
		return &exporttest.Place{
			Open: func() (export.Sink, error) {
				return kafka.New(kafka.Config{Servers: b.ListenAddrs(), Topic: topic}), nil
			},
			Read: func(t *testing.T) []exporttest.Got { return b.read(t) },
			Away: b.setAway,
		}
	}})
}

func TestKafkaWithAPassword(t *testing.T) {
	b := newBroker(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "u", "secret"))
	row := []export.Row{{ID: "1", Time: time.Unix(1_700_000_000, 0), JSON: []byte(`{"id":"1"}`)}}
	for password, well := range map[string]bool{"secret": true, "wrong": false} {
		s := kafka.New(kafka.Config{Servers: b.ListenAddrs(), Topic: topic, User: "u", Password: password, SASL: "scram-sha-512"})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if !well {
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second) // it is tried until the time is over
		}
		if err := s.Send(ctx, row); (err == nil) != well {
			t.Errorf("with %s: %v", password, err)
		}
		cancel()
		s.Close()
	}
}

func TestKafkaRefusesWhatIsTooLarge(t *testing.T) {
	b := newBroker(t)
	s := kafka.New(kafka.Config{Servers: b.ListenAddrs(), Topic: topic})
	defer s.Close()
	big := []byte(`{"id":"2","x":"`)
	for i := range 3 << 20 {
		big = append(big, byte('a'+(i*7919)%26))
	}
	rows := []export.Row{{ID: "1", JSON: []byte(`{"id":"1"}`)}, {ID: "2", JSON: append(big, `"}`...)}, {ID: "3", JSON: []byte(`{"id":"3"}`)}}
	part, ok := s.Send(t.Context(), rows).(*export.Partial)
	if !ok || len(part.Refused) != 1 || part.Refused[1] == "" || len(part.Again) != 0 {
		t.Errorf("%+v", part)
	}
	if got := b.read(t); len(got) != 2 {
		t.Errorf("%d records came", len(got))
	}
}

// A broker that takes less at once than what is sent together loses none of it.
func TestKafkaTakesSinglyWhatIsTooMuchTogether(t *testing.T) {
	b := newBroker(t, kfake.BrokerConfigs(map[string]string{"message.max.bytes": "100000"}))
	s := kafka.New(kafka.Config{Servers: b.ListenAddrs(), Topic: topic})
	defer s.Close()
	var rows []export.Row
	for i := range 300 {
		id := fmt.Sprintf("row-%03d", i)
		text := make([]byte, 900)
		_, _ = rand.Read(text) // which does not shrink
		rows = append(rows, export.Row{ID: id, Time: time.Unix(1_700_000_000, 0), JSON: []byte(fmt.Sprintf(`{"id":%q,"text":"%x"}`, id, text))})
	}
	huge := make([]byte, 150_000)
	_, _ = rand.Read(huge)
	rows = append(rows, export.Row{ID: "huge", Time: rows[0].Time, JSON: []byte(fmt.Sprintf(`{"id":"huge","text":"%x"}`, huge))})
	err := s.Send(t.Context(), rows)
	var part *export.Partial
	if !errors.As(err, &part) || len(part.Again) != 0 || len(part.Refused) != 1 || part.Refused[300] == "" {
		t.Fatalf("%v", err)
	}
	seen := map[string]int{}
	for _, got := range b.read(t) {
		seen[got.ID]++
	}
	if len(seen) != 300 || seen["row-000"] != 1 || seen["row-299"] != 1 {
		t.Errorf("%d rows came", len(seen))
	}
}
