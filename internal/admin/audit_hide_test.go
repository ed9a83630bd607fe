package admin_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
)

// What people give by mistake is in the log for ever.
func TestSecretsThatAreGivenInThePlaceOfNamesAreNotInTheLog(t *testing.T) {
	g := newRig(t)
	key := "sk-sluice-o_9axCabcdefghijklmnopqrstuv"
	hook := "https:%2f%2fhooks.example.com%2fservices%2fT0%2fSECRETTOKEN"
	g.fails(g.do("DELETE", "/api/v1/keys/"+key, ""), http.StatusNotFound, "not_found")
	g.fails(g.do("POST", "/api/v1/keys/"+key+"/disable", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("POST", "/api/v1/alerts/channels/"+hook+"/test", ""), http.StatusNotFound, "not_found")
	g.do("POST", "/api/v1/auth/login", `{"email":"Sup3rSecretPassw0rd","password":"x"}`)
	all := g.log()
	for _, secret := range []string{key, key[10:], "SECRETTOKEN", "sup3rsecret"} {
		if strings.Contains(strings.ToLower(all), strings.ToLower(secret)) {
			t.Errorf("%s is in the log: %s", secret, all)
		}
	}
	g.holds()
}

func TestNamesOfWhatIsNotThereAreInTheLog(t *testing.T) {
	g := newRig(t)
	g.fails(g.do("DELETE", "/api/v1/keys/key_none", ""), http.StatusNotFound, "not_found")
	g.do("POST", "/api/v1/auth/login", `{"email":"ann@example.com","password":"x"}`)
	for _, known := range []string{"key_none", "ann@example.com"} {
		if all := g.log(); !strings.Contains(all, known) {
			t.Errorf("%s is not in the log: %s", known, all)
		}
	}
}

// log is the whole audit log.
func (g *rig) log() string {
	g.t.Helper()
	all, err := json.Marshal(g.told(""))
	if err != nil {
		g.t.Fatal(err)
	}
	return string(all)
}

func TestWhatIsOnlyCountedIsNotToldAsDone(t *testing.T) {
	g := newRig(t)
	g.answered(g.do("POST", "/api/v1/privacy/erasures", `{"user":"ann","dry_run":true}`), http.StatusOK, nil)
	g.answered(g.do("POST", "/api/v1/privacy/erasures", `{"user":"ann"}`), http.StatusOK, nil)
	dry, done := g.told("privacy.erase")[0], g.told("privacy.erase")[1]
	if !strings.Contains(changesOf(dry), `{"path":"dry_run","before":null,"after":true}`) || strings.Contains(changesOf(done), "true}") || done.Object.ID == "" {
		t.Errorf("%s\n%s", changesOf(dry), changesOf(done))
	}
	if all := changesOf(dry) + changesOf(done); strings.Contains(all, "ann") {
		t.Errorf("whom it is about is in the log: %s", all)
	}
}

func TestALogThatWasEmptiedOrMadeUnreadableDoesNotHold(t *testing.T) {
	for name, tt := range map[string]struct {
		change string
		seq    int64
	}{
		"everything is removed":               {"DELETE FROM audit; DELETE FROM audit_head", 1},
		"everything, and its end is none":     {"DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = zeroblob(32)", 1},
		"the row that tells the end":          {"DELETE FROM audit_head", 1},
		"a time is no number of microseconds": {"UPDATE audit SET time = time + 0.5 WHERE seq = 3", 3},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			for range 3 {
				g.answered(g.do("POST", "/api/v1/keys", `{"name":"k"}`), http.StatusCreated, nil)
			}
			if whole := g.holds(); whole.Last != 4 { // the token's first use is one
				t.Fatalf("%d events", whole.Last)
			}
			db, err := sql.Open("sqlite", g.file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(tt.change); err != nil {
				t.Fatal(err)
			}
			var v admin.AuditVerified
			g.get("/api/v1/audit/verify", &v)
			if v.OK || v.Broken == nil || v.Broken.Seq != tt.seq {
				t.Errorf("%+v, %+v", v, v.Broken)
			}
		})
	}
}
