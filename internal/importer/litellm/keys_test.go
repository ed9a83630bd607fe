package litellm_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/importer/litellm"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func hash(secret string) string {
	h := gateway.HashKey(secret)
	return hex.EncodeToString(h[:])
}

// keysOf makes keys of a JSON export in which SECRET:x stands for x's hash.
func keysOf(t *testing.T, conf *litellm.Config, text string) *litellm.Keys {
	t.Helper()
	rows, err := litellm.ReadJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := rows.Keys(conf, "default", now)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func one(t *testing.T, columns string) (gateway.Key, string) {
	t.Helper()
	keys := keysOf(t, nil, `{"token": "`+hash("sk-one")+`", `+columns+`}`)
	if len(keys.Keys) != 1 {
		t.Fatalf("%d keys: %s", len(keys.Keys), told(keys.Notes))
	}
	return keys.Keys[0], told(keys.Notes)
}

func TestAKeyKeepsWorkingUnderItsOldSecret(t *testing.T) {
	k, _ := one(t, `"key_name": "sk-...one!", "key_alias": "shop", "user_id": "ann", "team_id": "t1", "expires": "2030-01-31T12:00:00.000Z"`)
	var known auth.Keys
	known.Swap([]*gateway.Key{&k})
	if known.Find("sk-one", now) == nil || known.Find("sk-two", now) != nil {
		t.Error("the old secret does not open, or another one does")
	}
	if k.Name != "shop" || k.Hint != "sk-...one!" || k.Owner != "ann" || k.OwnerKind != gateway.OwnedByUser || string(k.Metadata) != `{"team":"t1"}` || strings.Join(k.Tags, " ") != "team:t1" {
		t.Errorf("%+v", k)
	}
	if k.Expires == nil || !k.Expires.Equal(time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)) || !strings.HasPrefix(k.ID, "key_") {
		t.Errorf("%+v", k)
	}
}

func TestLimitsOfAKeyBecomeRules(t *testing.T) {
	const usd = int64(gateway.Dollar)
	cases := []struct {
		columns string
		unit    gateway.Unit
		want    gateway.Window
	}{
		{`"rpm_limit": 100`, gateway.UnitRequests, gateway.Window{Max: 100, Span: time.Minute}},
		{`"tpm_limit": "5000"`, gateway.UnitTokens, gateway.Window{Max: 5000, Span: time.Minute}},
		{`"max_parallel_requests": 4`, gateway.UnitConcurrent, gateway.Window{Max: 4}},
		{`"max_budget": 10.5, "budget_duration": "30d", "spend": 3`, gateway.UnitCost, gateway.Window{Max: usd * 21 / 2, Period: gateway.Month}},
		{`"max_budget": 10, "budget_duration": "1d"`, gateway.UnitCost, gateway.Window{Max: 10 * usd, Period: gateway.Day}},
		{`"max_budget": 10, "budget_duration": "12h"`, gateway.UnitCost, gateway.Window{Max: 10 * usd, Span: 12 * time.Hour}},
		{`"max_budget": 10, "spend": 4`, gateway.UnitCost, gateway.Window{Max: 6 * usd, Period: gateway.Month}},
		{`"litellm_budget_table": {"max_budget": 8, "budget_duration": "7d", "soft_budget": 4}`, gateway.UnitCost, gateway.Window{Max: 8 * usd, Period: gateway.Week}},
		{`"metadata": {"model_rpm_limit": {"gpt-5": 7}}`, gateway.UnitRequests, gateway.Window{Max: 7, Span: time.Minute}},
		{`"model_max_budget": {"openai/gpt-5": {"budget_limit": 2, "time_period": "1d"}}`, gateway.UnitCost, gateway.Window{Max: 2 * usd, Period: gateway.Day}},
	}
	for _, c := range cases {
		t.Run(c.columns, func(t *testing.T) {
			k, notes := one(t, c.columns)
			if len(k.Limits) != 1 || k.Limits[0].Unit != c.unit || len(k.Limits[0].Windows) != 1 || k.Limits[0].Windows[0] != c.want || k.Disabled != nil {
				t.Fatalf("%+v\n%s", k.Limits, notes)
			}
			if _, err := rules.Compile("key/x", []*gateway.Rule{&k.Limits[0]}, false); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAKeyThatMayNotBeUsedStaysSo(t *testing.T) {
	for _, columns := range []string{
		`"blocked": true`, `"team_id": "t", "team": {"team_id": "t", "blocked": true}`, `"max_budget": 5, "spend": 5.2`, `"max_budget": 0, "budget_duration": "1d"`,
		`"rpm_limit": 0`, `"allowed_routes": ["management_routes"]`,
	} {
		if k, notes := one(t, columns); k.Usable(now) || !strings.Contains(notes, "disabled") {
			t.Errorf("%s: the key may be used\n%s", columns, notes)
		}
	}
}

func TestNamesOfModelsBecomePatterns(t *testing.T) {
	conf := read(t, `
model_list:
  - {model_name: fast, litellm_params: {model: groq/llama}, model_info: {access_groups: [beta]}}
  - {model_name: smart, litellm_params: {model: openai/gpt-5}, model_info: {access_groups: [beta]}}
  - {model_name: smart, litellm_params: {model: azure/five, api_base: "https://r.openai.azure.com"}}
  - {model_name: plain, litellm_params: {model: groq/plain}, model_info: {access_groups: [beta]}}
`)
	cases := []struct{ columns, want string }{
		{`"models": ["fast"]`, "fast"}, {`"models": ["smart"]`, "smart"}, {`"models": ["beta"]`, "fast smart groq/plain"}, {`"models": ["plain"]`, "groq/plain"},
		{`"models": "{fast,smart}"`, "fast smart"}, {`"models": []`, ""}, {`"models": ["all-proxy-models"]`, ""},
		{`"models": ["unknown"]`, "*/unknown"}, {`"models": ["together_ai/x"]`, "together/x"}, {`"models": ["all-team-models"], "team_id": "t"`, "all-team-models"},
		{`"team_id": "t", "team": {"team_id": "t", "models": ["fast"]}`, "fast"}, {`"models": ["no-default-models"]`, "no-default-models"},
	}
	for _, c := range cases {
		keys := keysOf(t, conf, `[{"token": "`+hash("x")+`", `+c.columns+`}]`)
		if got := strings.Join(keys.Keys[0].Models, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.columns, got, c.want)
		}
	}
}

func TestMasterKeySessionsAndExpiredKeysAreNoKeys(t *testing.T) {
	conf := read(t, base+"general_settings: {master_key: sk-master}\n")
	keys := keysOf(t, conf, `{"keys": [
  {"token": "`+hash("sk-master")+`", "key_alias": "master"},
  {"token": "`+hash("a")+`", "team_id": "litellm-dashboard"},
  {"token": "`+hash("b")+`", "expires": "2020-01-01 00:00:00"},
  {"token": "`+hash("c")+`", "key_alias": "good"}]}`)
	if len(keys.Keys) != 1 || keys.Keys[0].Name != "good" {
		t.Errorf("%+v", keys.Keys)
	}
	for _, want := range []string{"line 2: ", "line 3: ", "line 4: "} {
		if !strings.Contains(told(keys.Notes), want) {
			t.Errorf("no %q in\n%s", want, told(keys.Notes))
		}
	}
}

func TestMetadataThatMayBeSecretIsLeftOut(t *testing.T) {
	k, notes := one(t, `"metadata": {"plan": "free", "seats": 3, "tags": ["x"], "langfuse_secret_key": "lf-1", "logging": [{"callback_vars": {"k": "lf-2"}}]}`)
	if string(k.Metadata) != `{"plan":"free","seats":3}` || strings.Join(k.Tags, "") != "x" || strings.Contains(notes, "lf-") || !strings.Contains(notes, "metadata.logging") {
		t.Errorf("%s %v\n%s", k.Metadata, k.Tags, notes)
	}
}

func TestCSVReadsAsJSONDoes(t *testing.T) {
	rows, err := litellm.ReadCSV([]byte("token,key_alias,models,rpm_limit,blocked,expires,metadata,max_budget,budget_duration\n" +
		hash("sk-csv") + `,"shop, north","{openai/gpt-5,""a,b""}",60,f,2030-01-31 12:00:00.123,"{""plan"":""free""}",,` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := rows.Keys(nil, "default", now)
	if err != nil || len(keys.Keys) != 1 {
		t.Fatal(err)
	}
	k := keys.Keys[0]
	if k.Name != "shop, north" || strings.Join(k.Models, "|") != "openai/gpt-5|*/a,b" || len(k.Limits) != 1 || string(k.Metadata) != `{"plan":"free"}` || k.Expires == nil {
		t.Errorf("%+v", k)
	}
}

func TestExportsThatCannotBeReadAreToldWithTheirLine(t *testing.T) {
	ok := hash("x")
	cases := map[string]struct{ kind, in, want string }{
		"no JSON":         {"json", "[\n{\"token\": \n]", "line 3: JSON"},
		"cut JSON":        {"json", "[\n{\"token\": \"a\"},\n", "line 3: JSON"},
		"nothing":         {"json", "", "there is none"},
		"texts":           {"json", "[\n\"a\"]", "line 2: keys: expected an object"},
		"a plain key":     {"json", "[\n\n{\"token\": \"sk-plain-secret-key\"}]", "line 3: token: is no SHA-256"},
		"a bad number":    {"json", "[{\"token\": \"" + ok + "\",\n \"rpm_limit\": \"x\"}]", "line 1: rpm_limit: expected a number"},
		"a bad period":    {"json", "{\"token\": \"" + ok + "\", \"max_budget\": 3, \"budget_duration\": \"soon\"}", "budget_duration: expected"},
		"twice":           {"json", "{\"token\": \"" + ok + "\"}\n{\"token\": \"" + ok + "\"}", "line 2: token: is that of line 1 too"},
		"CSV ragged":      {"csv", "token,key_alias\na\n", "line 2: CSV"},
		"CSV without key": {"csv", "name\nx\n", "line 2: token: is no SHA-256"},
		"CSV empty":       {"csv", "", "the file is empty"},
		"CSV bad time":    {"csv", "token,expires\n" + ok + ",tomorrow\n", "line 2: expires: expected a time"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			from := litellm.ReadJSON
			if c.kind == "csv" {
				from = litellm.ReadCSV
			}
			rows, err := from([]byte(c.in))
			if err == nil {
				_, err = rows.Keys(nil, "default", now)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "plain-secret") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func newStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/a.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASecondImportChangesNothing(t *testing.T) {
	s := newStore(t)
	in := `[{"token": "` + hash("a") + `", "rpm_limit": 5}, {"token": "` + hash("b") + `"}]`
	for n, want := range []int{2, 0} {
		made, there, err := litellm.Insert(t.Context(), s, keysOf(t, nil, in).Keys)
		if err != nil || made != want || there != 2-want {
			t.Errorf("%d: made %d, there %d: %v", n, made, there, err)
		}
	}
	all, err := s.AllKeys(t.Context())
	if err != nil || len(all) != 2 {
		t.Errorf("%d keys: %v", len(all), err)
	}
}

func execAll(t *testing.T, url, file string) {
	t.Helper()
	sql, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	text := strings.ReplaceAll(strings.ReplaceAll(string(sql), "HASH_OF_SHOP", hash("sk-shop")), "HASH_OF_OLD", hash("sk-old"))
	if _, err := conn.Exec(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAreReadFromLiteLLMsOwnDatabase(t *testing.T) {
	server := testpg.Start(t)
	t.Run("with all its tables", func(t *testing.T) {
		url := server.Database(t)
		execAll(t, url, "testdata/database.sql")
		rows, err := litellm.ReadPostgres(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := rows.Keys(nil, "default", now)
		if err != nil || len(keys.Keys) != 1 {
			t.Fatalf("%+v %v", keys, err)
		}
		k := keys.Keys[0]
		if k.Name != "shop" || strings.Join(k.Models, " ") != "openai/gpt-5" || len(k.Limits) != 2 || strings.Join(k.Tags, " ") != "team:north" || k.Limits[1].Windows[0].Period != gateway.Week {
			t.Errorf("%+v", k)
		}
		var known auth.Keys
		known.Swap([]*gateway.Key{&k})
		if known.Find("sk-shop", now) == nil || known.Find("sk-old", now) == nil {
			t.Error("the key, or the one before its rotation, does not open")
		}
	})
	t.Run("of an old version", func(t *testing.T) {
		url := server.Database(t)
		execAll(t, url, "testdata/database-old.sql")
		rows, err := litellm.ReadPostgres(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := rows.Keys(nil, "default", now); err != nil || len(keys.Keys) != 1 {
			t.Errorf("%+v %v", keys, err)
		}
	})
	t.Run("unless it is another's", func(t *testing.T) {
		if _, err := litellm.ReadPostgres(t.Context(), server.Database(t)); err == nil || !strings.Contains(err.Error(), "LiteLLM_VerificationToken") {
			t.Error(err)
		}
	})
}

func TestNoErrorShowsADatabasesPassword(t *testing.T) {
	for _, url := range []string{"postgres://u:hush-hush@127.0.0.1:1/d?connect_timeout=1", "postgres://u:hush-hush@h:port/d"} {
		if _, err := litellm.ReadPostgres(t.Context(), url); err == nil || strings.Contains(err.Error(), "hush") {
			t.Error(err)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`[{"token": "` + hash("x") + `", "models": "{a,\"b\\\"", "metadata": {"tags": [1]}}]`))
	f.Add([]byte(`{"keys": {"keys": []}} [[{}]]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := litellm.ReadJSON(data)
		if err != nil {
			return
		}
		keys, err := rows.Keys(nil, "default", now)
		if err == nil {
			for _, k := range keys.Keys {
				if k.Metadata != nil && !json.Valid(k.Metadata) {
					t.Error("bad metadata")
				}
			}
		}
	})
}
