package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/audit"
)

func (k *auditCommands) newVerify() *cobra.Command {
	var head, file string
	cmd := &cobra.Command{
		Use: "verify", Short: "Prove that nothing in the audit log was altered or removed", Args: cobra.NoArgs,
		Long: `Walk over the whole audit log and prove that nothing was altered or removed: the first place
where it does not hold is named, and the exit code is 1. The last event's hash is printed.
Keep it elsewhere: with --head it proves later that nothing which was there then is gone,
also at the end of the log, where the log alone cannot tell.`,
		Example: `  sluice audit verify
  sluice audit verify --head 6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1
  sluice audit verify --export audit.jsonl`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			var anchor *audit.Hash
			if head != "" {
				h, err := audit.ParseHash(head)
				if err != nil {
					return &usage{fmt.Errorf("--head: %w", err)}
				}
				anchor = &h
			}
			if file != "" {
				v, err := verifyFile(k.env, file, anchor)
				return k.verified(v, err)
			}
			return k.with(cmd.Context(), func(c *client) error {
				v, err := k.walk(cmd.Context(), c, anchor)
				return k.verified(v, err)
			})
		}),
	}
	cmd.Flags().StringVar(&head, "head", "", "a `HASH` that was kept: it must be that of an event")
	cmd.Flags().StringVar(&file, "export", "", "verify this exported `FILE` of JSON lines instead (- = standard input)")
	return cmd
}

// walk has the API verify the log, step by step.
func (k *auditCommands) walk(ctx context.Context, c *client, anchor *audit.Hash) (admin.AuditVerified, error) {
	query := url.Values{}
	if anchor != nil {
		query.Set("head", anchor.String())
	}
	var all admin.AuditVerified
	var bar *progress
	for {
		var v admin.AuditVerified
		if err := c.into(ctx, "GET", "/audit/verify", query, nil, &v); err != nil {
			return all, err
		}
		if bar == nil {
			bar, all.First, all.Pruned = newProgress(k.env.Stderr, int(v.End-v.First+1)), v.First, v.Pruned
		}
		v.Rows, v.First, v.Pruned = v.Rows+all.Rows, all.First, all.Pruned
		all = v
		bar.tell(min(int(all.Rows), bar.total), "events verified")
		if v.Broken != nil || v.Next == 0 {
			bar.end()
			return all, nil
		}
		query.Set("after", strconv.FormatInt(v.Next, 10))
	}
}

// verified prints what a walk found; a chain that does not hold is an error.
func (k *auditCommands) verified(v admin.AuditVerified, err error) error {
	if err != nil {
		return err
	}
	if k.json {
		if err := printJSON(k.env.Stdout, v); err != nil {
			return err
		}
	}
	if v.Broken != nil {
		return fmt.Errorf("the audit log does not hold. %w (%s before it hold)", v.Broken, number(int(v.Rows), "event"))
	}
	if k.json {
		return nil
	}
	if v.Rows == 0 {
		_, err := fmt.Fprintln(k.env.Stdout, "the audit log is empty")
		return err
	}
	fmt.Fprintf(k.env.Stdout, "verified: %s, #%d to #%d; nothing was altered or removed\n", number(int(v.Rows), "event"), v.First, v.Last)
	if v.Pruned != nil {
		fmt.Fprintf(k.env.Stdout, "pruned: #1 to #%d, by retention, as an event says\n", v.Pruned.Through)
	}
	if v.Seen > 0 {
		fmt.Fprintf(k.env.Stdout, "anchored: the hash is that of #%d, and everything up to it is here\n", v.Seen)
	}
	_, err = fmt.Fprintf(k.env.Stdout, "head: %s\n", v.Hash)
	return err
}

// maxLine is more than any event has.
const maxLine = 1 << 20

// verifyFile verifies an exported log.
func verifyFile(env *Env, name string, anchor *audit.Hash) (out admin.AuditVerified, err error) {
	in, size := env.Stdin, int64(0)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return out, err
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil {
			size = st.Size()
		}
		in = f
	}
	v := &audit.Verifier{Anchor: anchor}
	err = verifyLines(in, v, newProgress(env.Stderr, int(size>>10)))
	out = admin.AuditVerified{OK: err == nil, Rows: v.Rows, First: v.First, Last: v.Last, Hash: v.Head, Pruned: v.Begins, Seen: v.Seen, End: v.Last}
	if errors.As(err, &out.Broken) {
		err = nil
	}
	return out, err
}

// verifyLines walks the lines of an export. It may begin in the middle of a log, behind
// events that the file does not have; what is between its first and its last one is proved.
func verifyLines(in io.Reader, v *audit.Verifier, bar *progress) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	read := 0
	for n := 1; lines.Scan(); n++ {
		var e audit.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("line %d is no event: %w", n, err)
		}
		if n == 1 && e.Seq > 1 {
			v.From(e.Seq-1, e.Prev)
			v.First = e.Seq
		}
		if err := v.Add(&e); err != nil {
			return err
		}
		read += len(lines.Bytes()) + 1
		bar.tell(min(read>>10, bar.total), "KiB verified")
	}
	bar.end()
	if err := lines.Err(); err != nil {
		return err
	}
	return v.Anchored()
}
