package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"time"
)

// Store is how a store was found.
type Store struct {
	Engine  string
	There   bool          // it was made already
	Schema  int64         // version; 0 = none yet
	Known   int64         // the newest one that this binary knows
	Half    bool          // a restore did not come to its end
	Latency time.Duration // of one query
	Err     error         // why it cannot be read; nil = it can
	Away    bool          // Err may pass by itself
}

const slowStore = 100 * time.Millisecond

// StoreCheck looks at a store, and changes nothing in it.
func StoreCheck(object string, look func(context.Context) Store) Check {
	return Check{Name: "store", Object: object, Run: func(ctx context.Context) []Finding { return judgeStore(look(ctx)) }}
}

func judgeStore(s Store) []Finding {
	switch {
	case s.Away:
		return problem("Start the database, and see host, port, password and firewall in storage.url. Sluice serves meanwhile with the keys it knows, and entries wait in the spool.", "the store cannot be reached: %v", s.Err)
	case s.Err != nil:
		return problem("See storage.url: does the file or database exist, may this user read and write it, is the password right? A damaged file: restore a backup (docs/backup.md).", "the store cannot be read: %v", s.Err)
	case !s.There || s.Schema == 0:
		return well("there is none yet; sluice serve makes it")
	case s.Half:
		return problem("Run sluice restore again; it begins anew.", "a restore into this store did not come to its end")
	case s.Schema > s.Known:
		return problem("Run the newer Sluice, or restore the backup made before the upgrade.", "its schema has version %d, this binary knows versions up to %d", s.Schema, s.Known)
	case s.Latency > slowStore:
		return warning("See the load of the database and the network to it.", "a query takes %s", took(s.Latency))
	case s.Schema < s.Known:
		return well("schema %d; sluice serve brings it to %d", s.Schema, s.Known)
	}
	return well("%s, schema %d, a query takes %s", s.Engine, s.Schema, took(s.Latency))
}

// Sealed looks whether the master key opens what the store keeps sealed. open gives nil
// when it does, or when nothing is sealed.
func Sealed(object string, open func(context.Context) error) Check {
	return Check{Name: "master-key", Object: object, Run: func(ctx context.Context) []Finding {
		if err := open(ctx); err != nil {
			return problem("Put the file master.key that was beside the data back, or set SLUICE_MASTER_KEY to the key with that fingerprint. Without it, enter credentials and secrets anew.", "%v", err)
		}
		return well("what is sealed can be opened")
	}}
}

// Redis is how the shared memory of several nodes was found.
type Redis struct {
	Err     error
	Latency time.Duration
	Policy  string        // of what it throws away when it is full; "" = unknown
	Clock   time.Duration // how far its clock is ahead of ours
}

const (
	slowRedis  = 20 * time.Millisecond
	redisSkew  = 2 * time.Second
	keepPolicy = "noeviction"
)

// RedisCheck looks at the Redis that nodes share.
func RedisCheck(look func(context.Context) Redis) Check {
	return Check{Name: "redis", Run: func(ctx context.Context) []Finding { return judgeRedis(look(ctx)) }}
}

func judgeRedis(r Redis) (found []Finding) {
	if r.Err != nil {
		return problem("Start it, and see host, port, password and TLS in shared.url. Meanwhile each limit's on_outage counts.", "it does not answer: %v", r.Err)
	}
	if r.Policy != "" && r.Policy != keepPolicy {
		found = append(found, warning("Set maxmemory-policy noeviction, or give Sluice a Redis of its own: what is thrown away is counters of limits and budgets.", "when it is full it throws keys away (%s)", r.Policy)...)
	}
	if r.Latency > slowRedis {
		found = append(found, warning("Put it nearer to the nodes, or see its load: every limited call waits for it.", "an answer takes %s", took(r.Latency))...)
	}
	if r.Clock.Abs() > redisSkew {
		found = append(found, warning("Let NTP keep both clocks: windows of limits go by them.", "its clock and this machine's differ by %s", r.Clock.Abs().Round(time.Second))...)
	}
	if found == nil {
		return well("it answers in %s", took(r.Latency))
	}
	return found
}

const soon = 30 * 24 * time.Hour

// Certificate looks at a listener's certificate: whether it can be read, fits its key, and
// how long it holds.
func Certificate(name, certFile, keyFile string, now func() time.Time) Check {
	return Check{Name: "certificates", Object: name, Run: func(context.Context) []Finding {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		var leaf *x509.Certificate
		if err == nil {
			leaf, err = x509.ParseCertificate(pair.Certificate[0])
		}
		if err != nil {
			return problem("See the files of "+name+": the certificate's chain and its own key, both PEM.", "the certificate cannot be used: %v", err)
		}
		mend := "Renew it and put the files in place; Sluice reads them again at a reload (SIGHUP)."
		switch left := leaf.NotAfter.Sub(now()); {
		case left < 0:
			return problem(mend, "the certificate expired on %s", leaf.NotAfter.Format(time.DateOnly))
		case leaf.NotBefore.After(now()):
			return problem("See this machine's clock, or wait.", "the certificate is not valid before %s", leaf.NotBefore.Format(time.RFC3339))
		case left < soon:
			return warning(mend, "the certificate expires on %s, in %d days", leaf.NotAfter.Format(time.DateOnly), int(left.Hours()/24))
		default:
			return well("valid until %s", leaf.NotAfter.Format(time.DateOnly))
		}
	}}
}

// Spool is how the queue on the local disk stands.
type Spool struct {
	Depth, Bytes, Max     int64
	Oldest                time.Time // zero = nothing waits
	Away, Failing, Paused bool      // the store; the disk; storage.drain
	Bad, DroppedBodies    int64
	LockedBodies          int64
}

const longWait = 2 * time.Minute

// SpoolCheck looks whether entries come into the store.
func SpoolCheck(look func() (Spool, error), now func() time.Time) Check {
	return Check{Name: "spool", Run: func(context.Context) []Finding {
		s, err := look()
		if err != nil {
			return skipped("%v", err)
		}
		return judgeSpool(&s, now())
	}}
}

func judgeSpool(s *Spool, now time.Time) (found []Finding) {
	if s.Failing {
		found = append(found, problem("See the free space and the system's log for errors of the disk.", "the disk refuses entries; they are kept in memory, and lost with the process")...)
	}
	switch waits := now.Sub(s.Oldest); {
	case s.Max > 0 && s.Bytes > s.Max/2:
		found = append(found, problem("Bring the store back or make it faster; when the spool is full, bodies are dropped and then calls refused. storage.spool.max makes it larger.", "the spool is %d %% full", 100*s.Bytes/s.Max)...)
	case s.Away:
		found = append(found, warning("See the check store.", "the store takes nothing now; %d entries wait", s.Depth)...)
	case !s.Oldest.IsZero() && waits > longWait && !s.Paused:
		found = append(found, warning("See the load of the store: it takes entries more slowly than they come.", "%d entries wait, the oldest for %s", s.Depth, waits.Round(time.Second))...)
	case s.Paused && s.Depth > 0:
		found = append(found, warning("Set storage.drain to run.", "storage.drain is paused; %d entries wait", s.Depth)...)
	}
	if s.Bad > 0 {
		found = append(found, warning("They are in the folder bad of the spool. Report what the log says of them; then delete them.", "the store refused %d entries for ever", s.Bad)...)
	}
	if s.DroppedBodies > 0 {
		found = append(found, warning("Their accounting is complete. See that the spool does not fill up again.", "bodies of %d entries were dropped, since the spool was nearly full", s.DroppedBodies)...)
	}
	if s.LockedBodies > 0 {
		found = append(found, warning("Their accounting is complete. See the master key, and .sluice-body-keys.json.bad in the data directory (docs/privacy.md); then move the files back from the spool's folder bad into the spool, and restart.", "bodies of %d entries are sealed under a key that does not open", s.LockedBodies)...)
	}
	if found == nil && s.Depth == 0 && s.Bytes > 0 {
		return well("%s lie in it", bytesOf(uint64(s.Bytes)))
	}
	if found == nil {
		return well("%d entries wait", s.Depth)
	}
	return found
}

// Document tells what is wrong with the configuration.
func Document(object string, bad, warnings []string) Check {
	return Check{Name: "configuration", Object: object, Run: func(context.Context) (found []Finding) {
		for _, text := range bad {
			found = append(found, problem("Correct this place; sluice check tells whether it is right, docs/config.md what it may say.", "%s", text)...)
		}
		for _, text := range warnings {
			found = append(found, warning("See docs/config.md.", "%s", text)...)
		}
		if found == nil {
			return well("it can be used")
		}
		return found
	}}
}
