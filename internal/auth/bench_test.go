package auth_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func manyKeys(n int) (*auth.Keys, []string) {
	keys, secrets := make([]*gateway.Key, n), make([]string, n)
	for i := range keys {
		secrets[i] = auth.NewSecret(auth.SecretPrefix)
		keys[i] = &gateway.Key{ID: fmt.Sprint("key_", i), Workspace: "w", Hash: gateway.HashKey(secrets[i])}
	}
	set := new(auth.Keys)
	set.Swap(keys)
	return set, secrets
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 1000, 100_000} {
		keys, secrets := manyKeys(n)
		b.Run(fmt.Sprint("one of ", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if keys.Find(secrets[0], now) == nil {
					b.Fatal("not found")
				}
			}
		})
		b.Run(fmt.Sprint("each of ", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if i++; i == n {
					i = 0
				}
				if keys.Find(secrets[i], now) == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkCaller(b *testing.B) {
	keys, secrets := manyKeys(100_000)
	h := http.Header{"Authorization": {"Bearer " + secrets[7]}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Caller(h, "", now); err != nil {
			b.Fatal(err)
		}
	}
}
