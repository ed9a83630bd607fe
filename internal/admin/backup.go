package admin

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/store"
)

// BackupStore gives the store as it is at one moment.
type BackupStore interface {
	Snapshot(ctx context.Context, fn func(*store.Snapshot) error) error
}

// BackupSchedule is how backups by the clock stand, of all nodes together.
type BackupSchedule struct {
	To        string       `json:"to" doc:"A directory, or s3://BUCKET/PREFIX."`
	EveryS    float64      `json:"every_s" doc:"How far backups are to lie apart."`
	Keep      int          `json:"keep"`
	Encrypted bool         `json:"encrypted"`
	Entries   bool         `json:"entries" doc:"With the calls."`
	Next      *time.Time   `json:"next" doc:"When the next one is due; null = it was not looked at yet."`
	Made      *time.Time   `json:"made" doc:"The moment that the newest one holds; null = there is none yet."`
	TookS     *float64     `json:"took_s" doc:"How long that took."`
	Overdue   bool         `json:"overdue" doc:"The newest one is older than two intervals."`
	Failures  int64        `json:"failures" doc:"Tries that ever failed."`
	InRow     int          `json:"failures_in_a_row" doc:"Since the newest one."`
	Error     string       `json:"error" doc:"Why the last try failed; empty = it did not."`
	Warning   string       `json:"warning" doc:"Why old backups could not be tidied up; empty = they were."`
	Node      string       `json:"node" doc:"That tried last."`
	Files     []BackupFile `json:"files" doc:"The backups that are there, the newest first."`
}

// BackupFile is a backup that was made by the clock, and proven when it was made.
type BackupFile struct {
	Name   string    `json:"name"`
	Time   time.Time `json:"time" doc:"The moment that it holds."`
	Bytes  int64     `json:"bytes"`
	Rows   int64     `json:"rows"`
	SHA256 string    `json:"sha256"`
}

// BackupStanding is how backups by the clock stand.
type BackupStanding struct {
	Schedule *BackupSchedule `json:"schedule" doc:"null = the configuration wants none."`
}

func (a *api) getBackupStanding(*call) (out BackupStanding, err error) {
	if a.Backups != nil {
		out.Schedule = a.Backups()
	}
	return out, nil
}

func (a *api) backupRoutes() []route {
	return []route{
		read(admins, get, "/backups", "getBackupStanding", "How backups by the clock stand: when, where to, what came of the last one, which are there.", nil, a.getBackupStanding),
		{
			Access: admins, Method: get, Path: "/backup", Name: "getBackup", Summary: "A backup of the store as it is now, for sluice restore. It holds sealed credentials and hashes of keys.",
			Query: backupParams, Status: http.StatusOK, Stream: "A tar archive under zstd, whose last member is manifest.json; without that it is not whole.", Kind: backupKind, serve: a.getBackup,
		},
	}
}

var backupParams = []Param{
	{"entries", "true: with the calls, their bodies and feedback."},
	{"since", "With entries: those from this time on (RFC 3339)."},
}

const (
	backupKind = "application/zstd"
	// backupFlush bounds the wait for the store to take what is in the spool.
	backupFlush = 10 * time.Second
)

// getBackup streams a backup. What is still in the spool when the store does not take it is
// not in it, and counted in its head.
func (a *api) getBackup(c *call) (any, error) {
	o := backup.Options{Version: a.Version, Created: a.now()}
	var err error
	if o.Calls, err = c.backedUp(); err != nil {
		return nil, err
	}
	if !o.Calls.Since.IsZero() && !o.Calls.Entries {
		return nil, invalid("since", "since is about entries, which are backed up with entries=true")
	}
	select {
	case a.backups <- struct{}{}:
		defer func() { <-a.backups }()
	default:
		return nil, conflict("", "a backup is being made already; wait for its end")
	}
	h := c.w.Header()
	h.Set("Content-Type", backupKind)
	h.Set("Content-Disposition", `attachment; filename="sluice-`+o.Created.Format("20060102-150405")+`.tar.zst"`)
	if c.r.Method == http.MethodHead {
		return nil, nil
	}
	o.Waiting = a.flushSpool(c.ctx())
	w := &countingWriter{to: c.w}
	if _, err = backup.Write(c.ctx(), a.Store, w, o); err == nil {
		return nil, nil
	}
	if w.n == 0 {
		h.Del("Content-Type")
		h.Del("Content-Disposition")
		return nil, err
	}
	a.Log.Error("a backup broke off", "error", err)
	panic(http.ErrAbortHandler) // so that whoever reads it knows
}

// backedUp reads which calls a backup is to have.
func (c *call) backedUp() (calls store.Calls, err error) {
	entries, err := c.boolean("entries")
	if err == nil {
		calls.Entries = entries != nil && *entries
		calls.Since, err = c.moment("since")
	}
	return calls, err
}

// backupChosen tells the audit log whether a backup has what was said; of a query that is
// refused, nothing.
func backupChosen(c *call) []audit.Change {
	calls, err := c.backedUp()
	if err != nil {
		return nil
	}
	return backup.Told(calls)
}

// flushSpool has the store take what is in the spool, and gives how many entries are left.
func (a *api) flushSpool(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, backupFlush)
	defer cancel()
	if err := a.Spool.Flush(ctx); err != nil {
		a.Log.Warn("the backup lacks entries that the store does not take", "error", err)
		return a.Spool.Stats().Depth
	}
	return 0
}

type countingWriter struct {
	to io.Writer
	n  int64
}

func (w *countingWriter) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.n += int64(n)
	return n, err
}
