//go:build ignore

// Openapi writes the admin API's description to standard output, for the types of the
// dashboard's client.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/analytics"
)

// described is a store that only says what calls are told apart by.
type described struct{ admin.Store }

func (described) Dimensions() []analytics.Dimension { return analytics.KindsWith().Dimensions() }

func main() {
	h := admin.New(admin.Config{Store: described{}, Verify: func(string) bool { return true }})
	r := httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil)
	r.Header.Set("Authorization", "Bearer of-nobody")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
		fmt.Fprintln(os.Stderr, "no description:", w.Code, w.Body)
		os.Exit(1)
	}
	_, _ = os.Stdout.Write(w.Body.Bytes())
}
