package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Away reports whether an error means that the database cannot be reached just now, so
// that the same call may succeed later without anybody changing anything. A wrong
// password, a missing database or a newer schema is not away.
func Away(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Classes 08 connection, 53 resources, 57 operator intervention:
		// https://www.postgresql.org/docs/current/errcodes-appendix.html
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57")
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, ErrNotReady) ||
		pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}
