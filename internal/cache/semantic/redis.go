package semantic

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// stream is where records are in Redis.
const stream = "sluice:cache:semantic"

// member of an item of the stream that holds the record.
const member = "r"

// page is how many records are read at once.
const page = 256

// Redis is a Feed over a stream of Redis or Valkey: https://redis.io/docs/latest/develop/data-types/streams/
type Redis struct {
	client redis.UniversalClient
	most   int64
}

// NewRedis makes a feed that keeps about the last most records; 0 = 100,000. The client
// stays the caller's, its timeouts are the feed's.
func NewRedis(client redis.UniversalClient, most int64) *Redis {
	if most <= 0 {
		most = 100_000
	}
	return &Redis{client: client, most: most}
}

// Publish implements Feed. https://redis.io/docs/latest/commands/xadd/
func (f *Redis) Publish(ctx context.Context, r Record) error {
	return f.client.XAdd(ctx, &redis.XAddArgs{
		Stream: stream, MaxLen: f.most, Approx: true, Values: []any{member, r.Encode()},
	}).Err()
}

// Since implements Feed. What is not a record is passed over. A cursor that is ahead of
// the stream is of another one, which is lost: then the feed begins anew.
// https://redis.io/docs/latest/commands/xread/
func (f *Redis) Since(ctx context.Context, cursor string) ([]Record, string, error) {
	if cursor == "" {
		cursor = "0-0"
	}
	// A negative block is none at all.
	got, err := f.client.XRead(ctx, &redis.XReadArgs{Streams: []string{stream, cursor}, Count: page, Block: -1}).Result()
	switch {
	case err == redis.Nil:
		return f.idle(ctx, cursor)
	case err != nil:
		return nil, cursor, err
	}
	var out []Record
	for _, item := range got[0].Messages {
		cursor = item.ID
		text, _ := item.Values[member].(string)
		if r, err := Decode([]byte(text)); err == nil {
			out = append(out, r)
		}
	}
	if out == nil {
		out = []Record{}
	}
	return out, cursor, nil
}

// idle looks whether there is nothing new because the stream is another one.
func (f *Redis) idle(ctx context.Context, cursor string) ([]Record, string, error) {
	last, err := f.client.XRevRangeN(ctx, stream, "+", "-", 1).Result()
	if err != nil {
		return nil, cursor, err
	}
	if len(last) == 0 || before(last[0].ID, cursor) {
		return nil, "", nil
	}
	return nil, cursor, nil
}

// Forget implements Feed: it reads the whole stream.
// https://redis.io/docs/latest/commands/xrange/, https://redis.io/docs/latest/commands/xdel/
func (f *Redis) Forget(ctx context.Context, workspace string, purge int64) error {
	for from := "-"; ; {
		items, err := f.client.XRangeN(ctx, stream, from, "+", page).Result()
		if err != nil || len(items) == 0 {
			return err
		}
		var gone []string
		for _, item := range items {
			text, _ := item.Values[member].(string)
			if r, err := Decode([]byte(text)); err != nil || r.dead(workspace, purge) {
				gone = append(gone, item.ID)
			}
		}
		if len(gone) > 0 {
			if err := f.client.XDel(ctx, stream, gone...).Err(); err != nil {
				return err
			}
		}
		from = "(" + items[len(items)-1].ID
	}
}

// before compares two ids of items: milliseconds and a number.
func before(a, b string) bool {
	am, an := parseID(a)
	bm, bn := parseID(b)
	return am < bm || am == bm && an < bn
}

func parseID(s string) (ms, n uint64) {
	left, right, _ := strings.Cut(s, "-")
	ms, _ = strconv.ParseUint(left, 10, 64)
	n, _ = strconv.ParseUint(right, 10, 64)
	return ms, n
}
