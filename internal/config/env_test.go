package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
)

func TestVariablesSetWhatTheirNamesSay(t *testing.T) {
	cfg := mustLoad(t, source("",
		"SLUICE_DISCOVER=false", "SLUICE_STORAGE_URL=postgres://u:p@h/d", "SLUICE_STORAGE_FSYNC=100ms", "SLUICE_STORAGE_SPOOL_MAX=2GiB",
		"SLUICE_SERVER_MAX_BODY_JSON=1MiB", "SLUICE_SERVER_MAX_IN_FLIGHT=7", "SLUICE_LOG_LEVEL=debug", "SLUICE_TELEMETRY_LOG_FORMAT=json",
		"SLUICE_KEY=0123456789abcdef", "SLUICE_SERVER_IDLE_TIMEOUT="))
	if cfg.Discover || cfg.Storage.URL.Reveal() != "postgres://u:p@h/d" || cfg.Storage.Fsync != 100*time.Millisecond || cfg.Storage.Spool.Max != 2<<30 {
		t.Errorf("%+v", cfg.Storage)
	}
	if cfg.Server.MaxBody.JSON != 1<<20 || cfg.Server.MaxInFlight != 7 || cfg.Server.IdleTimeout != 2*time.Minute {
		t.Errorf("%+v", cfg.Server)
	}
	if cfg.Telemetry.LogLevel != "debug" || cfg.Telemetry.LogFormat != "json" || cfg.Bootstrap.Key.Reveal() != "0123456789abcdef" || cfg.Bootstrap.AdminToken.IsSet() {
		t.Errorf("%+v", cfg)
	}
}

func TestABadVariableIsNamed(t *testing.T) {
	tests := []struct{ name, env, want string }{
		{"wrong type", "SLUICE_SERVER_IDLE_TIMEOUT=soon", `environment: SLUICE_SERVER_IDLE_TIMEOUT: expected a duration such as 30s, 1h30m or 7d, found "soon"`},
		{"enum", "SLUICE_LOG_LEVEL=wran", `environment: SLUICE_LOG_LEVEL: unknown value "wran"; did you mean "warn"?`},
		{"number", "SLUICE_SERVER_MAX_IN_FLIGHT=many", `environment: SLUICE_SERVER_MAX_IN_FLIGHT: expected a whole number such as 10000, found "many"`},
		{"secret by a missing variable", "SLUICE_STORAGE_URL=env:NOPE", `environment: SLUICE_STORAGE_URL: environment variable NOPE is not set`},
		{"short key", "SLUICE_KEY=short", `environment: SLUICE_KEY: must have 16 characters or more`},
		{"shared memory", "SLUICE_SHARED_URL=memcached://x", `environment: SLUICE_SHARED_URL: expected a URL such as redis://redis.example.com:6379/0, or rediss:// with TLS`},
		{"master key", "SLUICE_MASTER_KEY=c2hvcnQ=", `environment: SLUICE_MASTER_KEY: expected 32 random bytes in base64 or hexadecimal; make some with: openssl rand -base64 32`},
		{"network of proxies", "SLUICE_SERVER_TRUSTED_PROXIES=10.0.0.0/8,10.1.2.3", `environment: SLUICE_SERVER_TRUSTED_PROXIES: is no network such as 10.1.0.0/16; for one address write 10.1.2.3/32`},
		{"clash of addresses", "SLUICE_ADMIN_LISTEN=0.0.0.0:8080", `environment: SLUICE_ADMIN_LISTEN: 0.0.0.0:8080 is the data plane's address too (server.listen)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := refusal(t, source("", tt.env)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestTwoNamesOfOneSettingMustAgree(t *testing.T) {
	mustLoad(t, source("", "SLUICE_LISTEN=:1", "SLUICE_SERVER_LISTEN=:1"))
	got := refusal(t, source("", "SLUICE_LISTEN=:1", "SLUICE_SERVER_LISTEN=:2"))
	if want := "environment: SLUICE_LISTEN: SLUICE_SERVER_LISTEN sets the same and has another value; unset one of the two"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestABadFlagIsNamed(t *testing.T) {
	src := source("")
	src.Overrides.Listen = "8080"
	got := refusal(t, src)
	if want := `command line: --listen: expected an address such as :8080 or 127.0.0.1:8080, found "8080"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnknownVariablesAreWarnedAbout(t *testing.T) {
	src := source("providers: {openai: {api_key: env:SLUICE_MY_KEY}}",
		"SLUICE_LISTN=:1", "SLUICE_ZZZ=1", "SLUICE_MY_KEY=k", "SLUICE_DATA=/x", "SLUICE_OTHER=1",
		"SLUICE_PORT=tcp://10.0.0.1:80", "SLUICE_SERVICE_HOST=10.0.0.1", "SLUICE_SERVICE_PORT_HTTP=80", "SLUICE_PORT_8080_TCP_ADDR=x", "SLUICE_EMPTY=", "PATH=/bin")
	src.KnownEnv = []string{"SLUICE_OTHER"}
	_, problems := config.Load(src)
	want := []string{
		"environment: SLUICE_LISTN: warning: unknown variable; did you mean SLUICE_LISTEN?",
		"environment: SLUICE_ZZZ: warning: unknown variable",
	}
	if got := strings.Split(problems.Error(), "\n"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if problems.Err() != nil {
		t.Error("a warning is an error")
	}
}

func TestTheMasterKeyIsThirtyTwoBytes(t *testing.T) {
	for _, text := range []string{strings.Repeat("0a", 32), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"} {
		if got := mustLoad(t, source("", "SLUICE_MASTER_KEY="+text)).Bootstrap.MasterKey; got.Reveal() != text || got.Ref() != "env:SLUICE_MASTER_KEY" {
			t.Errorf("%q is %s", text, got)
		}
	}
	if mustLoad(t, source("")).Bootstrap.MasterKey.IsSet() {
		t.Error("a master key from nowhere")
	}
}

func TestASecretInAVariableOfItsOwnNeedsNoOther(t *testing.T) {
	cfg := mustLoad(t, source("admin: {url: 'https://s.example.com', oidc: {issuer: 'https://login.example.com', client_id: sluice}}", "SLUICE_ADMIN_OIDC_CLIENT_SECRET=very-secret"))
	if s := cfg.Admin.OIDC.ClientSecret; s.Reveal() != "very-secret" || s.Ref() != "env:SLUICE_ADMIN_OIDC_CLIENT_SECRET" {
		t.Errorf("%s", s)
	}
}
