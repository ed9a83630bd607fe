package cli

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func (l *logCommands) newReplay() *cobra.Command {
	var ask admin.NewReplay
	cmd := &cobra.Command{
		Use: "replay ID", Short: "Make a recorded call once more", Args: cobra.ExactArgs(1),
		Long: "Make a recorded call once more, through all policies, and show both side by side. It costs what a call costs.",
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			c, err := l.remote.client(l.env)
			if err != nil {
				return err
			}
			return l.replay(cmd.Context(), c, args[0], &ask)
		}),
	}
	cmd.Flags().StringVar(&ask.Target, "model", "", "another model or route")
	cmd.Flags().BoolVar(&ask.Direct, "direct", false, "send the bytes that the provider got to it again")
	cmd.Flags().StringVar(&ask.KeyID, "key", "", "id of the key that it is made with; without one the workspace pays")
	jsonFlag(cmd, &l.json)
	return cmd
}

func (l *logCommands) replay(ctx context.Context, c *client, id string, ask *admin.NewReplay) error {
	var made admin.Replayed
	if err := c.into(ctx, "POST", "/entries/"+url.PathEscape(id)+"/replay", nil, ask, &made); err != nil {
		return err
	}
	if l.json {
		return printJSON(l.env.Stdout, &made)
	}
	var then, now admin.EntryDetail
	if err := c.into(ctx, "GET", "/entries/"+url.PathEscape(id), nil, nil, &then); err != nil {
		return err
	}
	if err := c.into(ctx, "GET", "/entries/"+url.PathEscape(made.ID), nil, nil, &now); err != nil {
		return err
	}
	t := newTable(l.env.Stdout, "", "THEN", "NOW")
	for _, row := range []struct {
		what string
		of   func(*gateway.Entry) string
	}{
		{"id", func(e *gateway.Entry) string { return e.ID }}, {"status", status}, {"model", model},
		{"ms", func(e *gateway.Entry) string { return count(e.LatencyMS) }}, {"first byte ms", func(e *gateway.Entry) string { return count(e.FirstByteMS) }},
		{"tokens in", func(e *gateway.Entry) string { return count(e.Usage.InputTokens) }}, {"tokens out", func(e *gateway.Entry) string { return count(e.Usage.OutputTokens) }},
		{"cost", func(e *gateway.Entry) string { return cost(e.Cost) }},
	} {
		t.row(row.what, row.of(&then.Entry), row.of(&now.Entry))
	}
	if err := t.flush(); err != nil {
		return err
	}
	if now.Bodies != nil {
		l.body("answer", now.Bodies.Answer)
	}
	return nil
}

func (l *logCommands) newRate() *cobra.Command {
	var score, comment string
	cmd := &cobra.Command{
		Use: "rate ID up|down|none", Short: "Say what a call's answer was worth", Args: cobra.ExactArgs(2),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			rating, err := ratingOf(args[1], score, comment)
			if err != nil {
				return err
			}
			c, err := l.remote.client(l.env)
			if err != nil {
				return err
			}
			if err := c.into(cmd.Context(), "PUT", "/entries/"+url.PathEscape(args[0])+"/feedback", nil, &rating, &rating); err != nil {
				return err
			}
			if l.json {
				return printJSON(l.env.Stdout, &rating)
			}
			_, err = fmt.Fprintln(l.env.Stdout, "kept")
			return err
		}),
	}
	cmd.Flags().StringVar(&score, "score", "", "a number, on a scale of your own")
	cmd.Flags().StringVar(&comment, "comment", "", "what else there is to say")
	jsonFlag(cmd, &l.json)
	return cmd
}

func ratingOf(word, score, comment string) (r gateway.Rating, err error) {
	switch word {
	case gateway.FeedbackUp, gateway.FeedbackDown:
		r.Feedback = gateway.Thumb(word)
	case "none":
	default:
		return r, &usage{fmt.Errorf("%q is not up, down or none", word)}
	}
	if r.Comment = comment; score != "" {
		v, err := strconv.ParseFloat(score, 64)
		if err != nil {
			return r, &usage{fmt.Errorf("--score: %q is no number", score)}
		}
		r.Score = &v
	}
	return r, nil
}
