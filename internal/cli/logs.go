package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// largestPage is the most that the API gives at once.
const largestPage = 500

// logCommands are what the commands of logs share.
type logCommands struct {
	env    *Env
	remote remote
	json   bool
}

func newLogs(env *Env) *cobra.Command {
	l := &logCommands{env: env}
	cmd := group("logs", "List, show, follow, repeat and rate calls", l.newList(), l.newShow(), l.newTail(), l.newReplay(), l.newRate())
	l.remote.flags(cmd, env)
	return cmd
}

const metadataPrefix = "metadata."

// filters are the API's filters as flags: key_id is --key, the others their names with
// dashes.
type filters struct {
	values   map[string]*string // by the API's name
	metadata []string           // key=value
	since    string
}

func (f *filters) flags(cmd *cobra.Command) {
	f.values = map[string]*string{}
	for _, p := range admin.EntryFilters() {
		if strings.HasPrefix(p.Name, metadataPrefix) {
			cmd.Flags().StringArrayVar(&f.metadata, "metadata", nil, "calls with this in their metadata: key=value (may be said several times)")
			continue
		}
		f.values[p.Name] = cmd.Flags().String(flagName(p.Name), "", strings.TrimSuffix(p.Doc, "."))
	}
	cmd.Flags().Lookup("stream").NoOptDefVal = "true"
	cmd.Flags().Lookup("priced").NoOptDefVal = "true"
	cmd.Flags().StringVar(&f.since, "since", "", "calls of the last while: 15m, 2h, 7d")
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName { return pflag.NormalizedName(flagName(name)) })
}

func flagName(name string) string {
	if name = strings.ReplaceAll(name, "_", "-"); name == "key-id" {
		return "key"
	}
	return name
}

func (f *filters) query(now time.Time) (url.Values, error) {
	q := url.Values{}
	for name, v := range f.values {
		set(q, name, *v)
	}
	for _, m := range f.metadata {
		key, value, ok := strings.Cut(m, "=")
		if !ok || key == "" || value == "" || q.Has(metadataPrefix+key) {
			return nil, &usage{fmt.Errorf("--metadata: %q is no key=value, each key once", m)}
		}
		q.Set(metadataPrefix+key, value)
	}
	if f.since != "" {
		d, err := config.ParseDuration(f.since)
		if err != nil {
			return nil, &usage{fmt.Errorf("--since: %w", err)}
		}
		q.Set("from", now.Add(-d).UTC().Format(time.RFC3339Nano))
	}
	return q, nil
}

func (l *logCommands) newList() *cobra.Command {
	var f filters
	var limit int
	var search string
	cmd := &cobra.Command{
		Use: "list", Short: "List calls, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			q, err := f.query(time.Now())
			if err != nil {
				return err
			}
			if limit < 1 {
				return &usage{fmt.Errorf("--limit must be 1 or more")}
			}
			set(q, "search", search)
			c, err := l.remote.client(l.env)
			if err != nil {
				return err
			}
			return l.list(cmd.Context(), c, q, limit)
		}),
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&search, "search", "", `what was said in them: words, "words in a row", begin*, -without`)
	cmd.Flags().IntVar(&limit, "limit", 50, "how many")
	jsonFlag(cmd, &l.json)
	return cmd
}

// entryPage is a page whose entries are kept as they came.
type entryPage struct {
	Data    []json.RawMessage `json:"data"`
	Next    string            `json:"next"`
	Partial bool              `json:"partial,omitempty"`
	Warning string            `json:"warning,omitempty"`
	Search  *admin.SearchInfo `json:"search,omitempty"`
	Until   *time.Time        `json:"searched_to,omitempty"`
}

func (l *logCommands) list(ctx context.Context, c *client, q url.Values, limit int) error {
	all := entryPage{Data: []json.RawMessage{}}
	for {
		q.Set("limit", strconv.Itoa(min(limit-len(all.Data), largestPage)))
		var p entryPage
		if err := c.into(ctx, "GET", "/entries", q, nil, &p); err != nil {
			return err
		}
		all.Data, all.Next, all.Search, all.Until = append(all.Data, p.Data...), p.Next, p.Search, p.Until
		if p.Partial {
			all.Partial, all.Warning = true, p.Warning
		}
		if p.Next == "" || len(all.Data) >= limit {
			break
		}
		q.Set("cursor", p.Next)
	}
	if l.json {
		return printJSON(l.env.Stdout, all)
	}
	if all.Warning != "" {
		fmt.Fprintln(l.env.Stderr, "warning:", plain(all.Warning))
	}
	if all.Search != nil && all.Search.Lag > searchLag {
		fmt.Fprintf(l.env.Stderr, "The search index is behind: calls since %s may be missing.\n", stamp(all.Search.Until))
	}
	return l.table(all.Data)
}

// searchLag is how many seconds the search may be behind without a word.
const searchLag = 10

func (l *logCommands) table(entries []json.RawMessage) error {
	t := newTable(l.env.Stdout, "TIME", "STATUS", "MODEL", "KEY", "IN", "OUT", "COST", "MS", "ID")
	for _, raw := range entries {
		var e gateway.Entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		t.row(stamp(e.Time), status(&e), model(&e), e.KeyID, count(e.Usage.InputTokens), count(e.Usage.OutputTokens), cost(e.Cost), count(e.LatencyMS), e.ID)
	}
	return t.flush()
}

// status is the HTTP status, with the error's code and how often, where that says more.
func status(e *gateway.Entry) string {
	s := strconv.Itoa(e.Status)
	if e.ErrorCode != "" {
		s += " " + e.ErrorCode
	}
	if e.Count > 1 {
		s += " ×" + strconv.Itoa(e.Count)
	}
	return s
}

// model is the one that answered, or else the one that was asked for.
func model(e *gateway.Entry) string {
	if e.Provider != "" && e.Model != "" {
		return e.Provider + "/" + e.Model
	}
	return e.ModelRequested
}

func count(c llm.Count) string {
	if !c.Known {
		return ""
	}
	return strconv.FormatInt(c.N, 10)
}

func cost(c gateway.Cost) string {
	if !c.Known {
		return ""
	}
	return "$" + c.USD.String()
}
