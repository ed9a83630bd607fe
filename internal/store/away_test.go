package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sluice-gateway/sluice/internal/store"
)

func TestAwayMeansThatWaitingMayHelp(t *testing.T) {
	cases := map[string]struct {
		err  error
		want bool
	}{
		"starting up":      {&pgconn.PgError{Code: "57P03"}, true},
		"too many clients": {fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: "53300"}), true},
		"wrong password":   {&pgconn.PgError{Code: "28P01"}, false},
		"no such database": {&pgconn.PgError{Code: "3D000"}, false},
		"not ready":        {store.ErrNotReady, true},
		"newer schema":     {store.ErrNewerSchema, false},
		"anything else":    {errors.New("disk I/O error"), false},
		"none":             {nil, false},
	}
	for name, c := range cases {
		if got := store.Away(c.err); got != c.want {
			t.Errorf("%s: Away = %v", name, got)
		}
	}
}
