package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxEvent bounds one event of a tail.
const maxEvent = 16 << 20

func (l *logCommands) newTail() *cobra.Command {
	var f filters
	cmd := &cobra.Command{
		Use: "tail", Short: "Follow calls as they end", Args: cobra.NoArgs,
		Long: "Follow calls as they end, until interrupted. With --json each is one line. Under heavy load it is a sample.",
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			q, err := f.query(time.Now())
			if err != nil {
				return err
			}
			c, err := l.remote.client(l.env)
			if err != nil {
				return err
			}
			return l.tail(cmd.Context(), c, q)
		}),
	}
	f.flags(cmd)
	jsonFlag(cmd, &l.json)
	return cmd
}

// tail follows until ctx ends; the API ends a tail now and then, and is asked again.
func (l *logCommands) tail(ctx context.Context, c *client, q url.Values) error {
	if !l.json {
		l.line("TIME", "STATUS", "MODEL", "IN", "OUT", "COST", "MS", "ID")
	}
	for {
		again := time.NewTimer(time.Second) // no faster, whatever ends the tails
		err := l.follow(ctx, c, q)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}

func (l *logCommands) follow(ctx context.Context, c *client, q url.Values) error {
	resp, err := c.open(ctx, "GET", "/entries/tail", q, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, maxEvent)
	for in.Scan() {
		data, ok := strings.CutPrefix(in.Text(), "data: ")
		if !ok {
			continue
		}
		if err := l.event(data); err != nil {
			return err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return in.Err()
	}
	return nil // however it ended, asking again tells why
}

func (l *logCommands) event(data string) error {
	if l.json {
		_, err := fmt.Fprintln(l.env.Stdout, data)
		return err
	}
	var e gateway.Entry
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		return err
	}
	return l.line(stamp(e.Time), status(&e), model(&e), count(e.Usage.InputTokens), count(e.Usage.OutputTokens), cost(e.Cost), count(e.LatencyMS), e.ID)
}

// line prints columns of fixed width, since what comes later is not known.
func (l *logCommands) line(cells ...any) error {
	for i := range cells {
		cells[i] = strings.ReplaceAll(plain(cells[i].(string)), "\n", " ")
	}
	_, err := fmt.Fprintf(l.env.Stdout, "%-19s  %-18s  %-36s %7s %7s %12s %7s  %s\n", cells...)
	return err
}
