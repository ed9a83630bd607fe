package app

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"filippo.io/age"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/backup/schedule"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/doctor"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/telemetry"
)

// openBackups makes what makes backups by the clock.
func (p *process) openBackups() {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	p.backups = schedule.New(schedule.Options{
		Store: p.store, Missing: store.ErrNotFound, Plan: p.backupPlan, Flush: p.flushSpool, Version: p.opt.Version, Node: host, Now: time.Now, Logger: p.log,
	})
}

// runBackups makes backups, once the store is there.
func (p *process) runBackups(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.backups.Run(ctx)
}

// flushSpool has the store take what is in the spool, and gives how many entries are left.
func (p *process) flushSpool(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := p.recorder.Flush(ctx); err != nil {
		return p.recorder.Depth()
	}
	return 0
}

// backupPlan gives what the configuration says of backups, nil when it wants none.
func (p *process) backupPlan() *schedule.Plan {
	b := &p.config.Load().Backups
	if !b.Wanted() {
		return nil
	}
	plan := &schedule.Plan{When: whenOf(b), Name: b.To, Keep: b.Keep, Entries: b.Entries, Timeout: b.Timeout, Open: func(ctx context.Context) (schedule.Place, error) { return p.openPlace(ctx, b) }}
	for _, text := range b.EncryptTo {
		if r, err := age.ParseX25519Recipient(text); err == nil { // the configuration was checked
			plan.Recipients = append(plan.Recipients, r)
		}
	}
	return plan
}

func whenOf(b *config.Backups) schedule.When {
	w := schedule.When{Every: b.Every, Zone: time.UTC}
	if zone, err := time.LoadLocation(b.Zone); err == nil { // as above
		w.Zone = zone
	}
	w.At.Hour, w.At.Minute, w.At.Day, _ = config.ParseClock(b.At)
	return w
}

// openPlace opens where backups are kept.
func (p *process) openPlace(ctx context.Context, b *config.Backups) (schedule.Place, error) {
	bucket, prefix := b.Bucket()
	if bucket == "" {
		return schedule.OpenDir(b.To)
	}
	base, err := url.Parse("https://s3." + b.Region + ".amazonaws.com")
	if b.URL != "" {
		base, err = url.Parse(b.URL)
	}
	if err != nil {
		return nil, fmt.Errorf("backups.url is no URL")
	}
	if b.PathStyle {
		base = base.JoinPath(bucket)
	} else {
		base.Host = bucket + "." + base.Host
	}
	s := &schedule.S3{Base: base, Prefix: prefix, Region: b.Region, Client: schedule.NewClient(), Dir: p.opt.DataDir}
	if s.Dir == "" {
		s.Dir = "."
	}
	if b.User != "" {
		s.Keys = credentials.NewStaticCredentialsProvider(b.User, b.Password.Reveal(), "")
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, awsTime)
	defer cancel()
	found, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(b.Region))
	if err != nil {
		return nil, fmt.Errorf("AWS's usual sources of credentials cannot be read")
	}
	s.Keys = found.Credentials
	return s, nil
}

// backupStanding tells how the schedule stands, nil when there is none.
func (p *process) backupStanding() *admin.BackupSchedule {
	plan := p.backupPlan()
	if plan == nil {
		return nil
	}
	st := p.backups.State()
	out := &admin.BackupSchedule{
		To: plan.Name, EveryS: plan.When.Interval().Seconds(), Keep: plan.Keep, Encrypted: len(plan.Recipients) > 0, Entries: plan.Entries,
		Failures: st.Failures, InRow: st.Failed, Error: st.Error, Warning: st.Warning, Node: st.Node, Files: []admin.BackupFile{},
	}
	if st.Since.IsZero() {
		return out // it was not looked at yet
	}
	next := st.Due(plan.When)
	out.Next, out.Overdue = &next, st.Overdue(plan.When, time.Now())
	if !st.Made.IsZero() {
		took := st.Took.Seconds()
		out.Made, out.TookS = &st.Made, &took
	}
	for _, f := range st.Files {
		if f.Place == plan.Name {
			out.Files = append(out.Files, admin.BackupFile{Name: f.Name, Time: f.Time, Bytes: f.Size, SHA256: f.Sum, Rows: f.Rows})
		}
	}
	return out
}

// backupLevel is what metrics tell of the schedule, nil when there is none.
func (p *process) backupLevel() *telemetry.BackupLevel {
	s := p.backupStanding()
	if s == nil {
		return nil
	}
	l := &telemetry.BackupLevel{Interval: s.EveryS, Failures: float64(s.Failures), Overdue: oneIf(s.Overdue)}
	if s.Made != nil && s.TookS != nil {
		l.Made, l.Took = *s.Made, *s.TookS
	}
	if len(s.Files) > 0 {
		l.Bytes = float64(s.Files[0].Bytes)
	}
	return l
}

// backupCheck has the doctor look at the schedule.
func (p *process) backupCheck() doctor.Check {
	return doctor.Backups(func() *doctor.Schedule {
		s := p.backupStanding()
		if s == nil {
			return nil
		}
		out := &doctor.Schedule{Overdue: s.Overdue, Failures: s.InRow, Error: s.Error, Warning: s.Warning, Files: len(s.Files)}
		if s.Made != nil {
			out.Made = *s.Made
		}
		return out
	}, time.Now)
}
