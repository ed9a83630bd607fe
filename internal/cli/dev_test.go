package cli_test

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// seededStore opens the store that x seeds.
func seededStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err == nil {
		err = s.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func countOf(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := s.CountEntries(t.Context(), store.EntryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSeedFillsAStoreOnceAndOnlyWhenItIsAlone(t *testing.T) {
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "seeded.db")
	x := &terminal{t: t, env: map[string]string{"SLUICE_DATA": dir, "SLUICE_STORAGE_URL": url}}
	args := []string{"dev", "seed", "--entries", "300", "--bodies", "30", "--days", "3"}
	if code, _, errs := x.run(args...); code != cli.ExitOK || !strings.Contains(errs, "300 of 300") {
		t.Fatalf("%d %s", code, errs)
	}
	if code, _, errs := x.run(args...); code != cli.ExitOK || !strings.Contains(errs, "there already") {
		t.Errorf("again: %d %s", code, errs)
	}
	if code, _, errs := x.run(append(args, "--entries", "400")...); code != cli.ExitFailure || !strings.Contains(errs, "take another number") {
		t.Errorf("other flags: %d %s", code, errs)
	}
	s := seededStore(t, url)
	if code, _, errs := x.run(append(args, "--seed", "2")...); code != cli.ExitFailure || !strings.Contains(errs, "--force") {
		t.Errorf("beside another process: %d %s", code, errs)
	}
	if code, _, errs := x.run(append(args, "--seed", "2", "--force")...); code != cli.ExitOK {
		t.Errorf("by force: %d %s", code, errs)
	}
	if n := countOf(t, s); n != 600 {
		t.Errorf("%d entries", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnInterruptedSeedGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	x := &terminal{t: t, env: map[string]string{"SLUICE_DATA": dir}}
	errs := &cancelling{at: "of 4200", cancel: cancel}
	args := []string{"dev", "seed", "--entries", "4200", "--bodies", "0"}
	code := x.runTo(ctx, io.Discard, errs, args...)
	if code != cli.ExitFailure || !strings.Contains(errs.String(), "goes on from there") {
		t.Fatalf("%d %s", code, errs)
	}
	code, _, told := x.run(args...)
	if code != cli.ExitOK || !strings.Contains(told, "going on behind them") {
		t.Fatalf("%d %s", code, told)
	}
	s := seededStore(t, "sqlite:"+filepath.Join(dir, "sluice.db"))
	defer s.Close()
	if n := countOf(t, s); n != 4200 {
		t.Errorf("%d entries", n)
	}
}

// cancelling cancels when something was written.
type cancelling struct {
	strings.Builder
	at     string
	cancel func()
}

func (c *cancelling) Write(b []byte) (int, error) {
	if strings.Contains(string(b), c.at) {
		c.cancel()
	}
	return c.Builder.Write(b)
}

func TestSeedRefusesFlagsThatMakeNoSense(t *testing.T) {
	x := &terminal{t: t, env: map[string]string{"SLUICE_DATA": t.TempDir()}}
	for _, args := range [][]string{{"--entries", "0"}, {"--entries", "5", "--bodies", "6"}, {"--days", "0"}, {"--days", "NaN"}, {"--until", "yesterday"}, {"--days", "9999"}} {
		if code, _, errs := x.run(append([]string{"dev", "seed"}, args...)...); code != cli.ExitUsage || !strings.Contains(errs, args[len(args)-2]) {
			t.Errorf("%v: %d %s", args, code, errs)
		}
	}
}

func TestCallsAreFoundByWhatWasSaid(t *testing.T) {
	x := newTerminal(t)
	e := storetest.Entry(3)
	e.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: "text/plain", Bytes: []byte("the late parcel")}}
	if err := x.store.PutEntries(t.Context(), []*gateway.Entry{e, storetest.Entry(4)}); err != nil {
		t.Fatal(err)
	}
	if err := x.store.OpenSearch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := x.store.FillSearch(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if out := x.ok("logs", "list", "--search", `"late parcel"`); !strings.Contains(out, e.ID) || strings.Count(out, "\n") != 2 {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "partner", "logs", "list", "--search", `"late`)
}
