package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestAConfiguredCloudTakesItsUsualKeysAndRegion(t *testing.T) {
	env := []string{"CLOUD_ID=i", "CLOUD_SECRET=s", "CLOUD_SESSION=t", "CLOUD_REGION=eu-1"}
	p := mustLoad(t, source("providers: {cloud: }", env...)).Providers["cloud"]
	keys := p.Keys()
	want := map[string]string{"access_key_id": "i", "secret_access_key": "s", "session_token": "t"}
	if p.Region != "eu-1" || len(keys) != 1 || keys[0].Name != "default" || !reflect.DeepEqual(keys[0].Fields(), want) {
		t.Errorf("region %q, keys %v", p.Region, keys)
	}
	p = mustLoad(t, source("discover: false\nproviders: {cloud: {region: eu-2}}", env...)).Providers["cloud"]
	if p.Region != "eu-2" || len(p.Keys()) != 0 {
		t.Errorf("with discovery off: region %q, %d keys", p.Region, len(p.Keys()))
	}
	p = mustLoad(t, source("providers: {cloud: {role_arn: 'arn:x'}}", env...)).Providers["cloud"]
	if len(p.Keys()) != 1 || len(p.Keys()[0].Fields()) != 1 {
		t.Errorf("what is configured is mixed with what is found: %v", p.Keys()[0].Fields())
	}
	p = mustLoad(t, source("providers: {cloud: }", append(env, "CLOUD_TOKEN=k")...)).Providers["cloud"]
	if p.APIKey.Reveal() != "k" || len(p.Keys()[0].Fields()) != 0 {
		t.Errorf("the key of the kind's own variable does not win: %v", p.Keys())
	}
}

func TestPartsOfCredentialsAreNeverShown(t *testing.T) {
	account := `{"type": "service_account", "private_key": "hunter2"}`
	cfg := mustLoad(t, source("providers: {cloud: {region: r, access_key_id: AKID, secret_access_key: env:S, session_token: env:T}, platform: {service_account: env:A}}",
		"S=hunter2", "T=hunter3", "A="+account))
	cloud := cfg.Providers["cloud"]
	shown := string(cfg.Redacted().YAML()) + fmt.Sprintf("%v %+v %#v", cloud, cfg.Providers["platform"], cloud.Keys())
	if strings.Contains(shown, "hunter") {
		t.Errorf("a secret stands in %s", shown)
	}
	for _, want := range []string{"access_key_id: AKID", "secret_access_key: env:S", "service_account: env:A"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown in %s", want, shown)
		}
	}
	for _, bad := range []string{"env:BAD", "env:LIST", "'{\"type\": \"hunter2\"}'"} {
		got := refusal(t, source("providers: {platform: {service_account: "+bad+"}}", "BAD=hunter2", "LIST=[hunter2]"))
		if strings.Contains(got, "hunter2") || !strings.HasPrefix(got, "sluice.yaml:1:") {
			t.Errorf("%s: %s", bad, got)
		}
	}
}
