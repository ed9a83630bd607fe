package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

// The tests of this file stop their database, so they share one, one after the other.
func TestAStoreThatIsAwayUnderABudget(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t)
	t.Run("under load changes nothing of what is granted, and loses no settlement", func(t *testing.T) { budgetWithoutStore(t, db) })
	t.Run("when a budget is first seen refuses until it is back", func(t *testing.T) { budgetUnknown(t, db) })
	t.Run("and a node that is killed meanwhile grant nothing twice", func(t *testing.T) { killedWithoutStore(t, db) })
}

// books are what a store says was spent: by its entries, and by its ledger.
func books(t *testing.T, url string) (entries, ledger gateway.USD) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	total := func(by ...store.Dimension) (sum gateway.USD) {
		rows, err := s.Spend(t.Context(), store.SpendQuery{By: by})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			sum += r.Cost
		}
		return sum
	}
	return total(), total(store.ByRule)
}

func budgetWithoutStore(t *testing.T, db *testpg.Server) {
	url := db.Database(t)
	m := newMetered(t)
	p := start(t, options{config: m.config("1000.00"), env: []string{"SLUICE_STORAGE_URL=" + url}})
	p.awaitReady()
	stop := spend(t, p.URL, 4, 3)
	after(700 * time.Millisecond)
	db.Stop()
	before := m.calls.Load()
	after(1500 * time.Millisecond)
	if got := p.status("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz is %d while the store is away", got)
	}
	eventually(t, patience, "calls are served while the store is away", func() bool { return m.calls.Load() >= before+20 })
	stopAll := spend(t, p.URL, 6, 900)
	eventually(t, patience, "the budget is used up while the store is away", func() bool { return refusedForMoney(t, p, 1) })
	stopAll()
	stop()
	if m.usd() > 1000*gateway.Dollar {
		t.Errorf("$%s were spent of $1000.00", m.usd())
	}
	db.Restart()
	p.awaitDrained(patience)
	if !refusedForMoney(t, p, 1) {
		t.Error("a budget that is used up grants again once the store is back")
	}
	told := p.spent()
	if code := p.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	entries, ledger := books(t, url)
	t.Logf("%d calls: the vendor billed $%s, entries $%s, ledger $%s, budget $%s", m.calls.Load(), m.usd(), entries, ledger, told)
	if entries != ledger || entries != told || entries > m.usd() {
		t.Errorf("the vendor billed $%s, the entries say $%s, the ledger $%s, the budget $%s", m.usd(), entries, ledger, told)
	}
}

// budgetUnknown restarts a gateway that has forgotten its counters while the only one who
// knows what was spent is away.
func budgetUnknown(t *testing.T, db *testpg.Server) {
	env := []string{"SLUICE_STORAGE_URL=" + db.Database(t)}
	m := newMetered(t)
	p := start(t, options{config: m.config("1.00"), env: env})
	p.awaitReady()
	if refusedForMoney(t, p, 90) {
		t.Fatal("the first call is refused")
	}
	p.awaitDrained(patience)
	p.terminate()
	db.Stop()
	p = p.again(options{env: env})
	p.awaitReady()
	a := p.post("/v1/chat/completions", strings.NewReader(paid(20, false)), "Authorization", "Bearer "+gatewayKey)
	if a.status != http.StatusServiceUnavailable || a.header.Get("sluice-error") != "overloaded" || a.header.Get("Retry-After") == "" {
		t.Errorf("with nobody who knows what was spent a call gets %d %s, retry-after %q", a.status, a.body, a.header.Get("Retry-After"))
	}
	if took := a.took(); took > promised(5*time.Second) {
		t.Errorf("the refusal took %s", took)
	}
	if m.calls.Load() != 1 {
		t.Error("the vendor was called")
	}
	if got := p.status("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz is %d", got)
	}
	db.Restart()
	eventually(t, patience, "the budget can be asked for again", func() bool {
		a := p.post("/v1/chat/completions", strings.NewReader(paid(10, false)), "Authorization", "Bearer "+gatewayKey)
		return a.status == http.StatusOK
	})
	if !refusedForMoney(t, p, 1) {
		t.Error("more was granted than was left")
	}
}

func killedWithoutStore(t *testing.T, db *testpg.Server) {
	url := db.Database(t)
	env := []string{"SLUICE_STORAGE_URL=" + url}
	m := newMetered(t)
	p := start(t, options{config: m.config("5.00"), env: env})
	p.awaitReady()
	if refusedForMoney(t, p, 100) {
		t.Fatal("the first call is refused")
	}
	db.Stop()
	for range 20 {
		if refusedForMoney(t, p, 10) {
			t.Fatal("a call is refused while the store is away")
		}
	}
	after(3 * safeAfter)
	openStreams(t, p, m, 1, 100)
	p.kill()
	p = p.again(options{env: env})
	db.Restart()
	p.awaitReady()
	p.awaitDrained(patience)
	eventually(t, patience, "the store answers again", func() bool { return p.me() == http.StatusOK })
	if told := p.spent(); told < m.usd() || told > m.usd()+gateway.Dollar { // what was settled a moment before the kill may count twice
		t.Errorf("the vendor billed $%s, the budget knows of $%s", m.usd(), told)
	}
	if !refusedForMoney(t, p, 101) {
		t.Error("money was granted twice")
	}
	p.terminate()
	entries, ledger := books(t, url)
	if entries != ledger || entries != 300*cent {
		t.Errorf("the entries say $%s, the ledger $%s", entries, ledger)
	}
}
