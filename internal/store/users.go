package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectUsers = "SELECT id, email, name, admin, created, disabled, password, subject FROM users"

// CreateUser adds a user. An id, address (whatever its case) or subject that is taken is
// ErrExists.
func (s *Store) CreateUser(ctx context.Context, u gateway.User) error {
	return s.failed("create user", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "INSERT INTO users (id, email, email_key, name, admin, created, disabled, password, subject) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			clean(u.ID), clean(u.Email), emailKey(u.Email), clean(u.Name), bit(u.Admin), micros(u.Created), microsOrNull(u.Disabled), clean(u.Password), textOrNull(u.Subject))
		return err
	}))
}

// UpdateUser stores everything of a user but id and time of creation.
func (s *Store) UpdateUser(ctx context.Context, u gateway.User) error {
	return s.failed("update user "+u.ID, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE users SET email = ?, email_key = ?, name = ?, admin = ?, disabled = ?, password = ?, subject = ? WHERE id = ?",
			clean(u.Email), emailKey(u.Email), clean(u.Name), bit(u.Admin), microsOrNull(u.Disabled), clean(u.Password), textOrNull(u.Subject), clean(u.ID))
		return noRow(n, err)
	}))
}

// DeleteUser deletes a user with memberships, tokens and sessions, or says ErrNotFound.
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	return s.failed("delete user "+id, s.tx(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"members", "tokens"} {
			if _, err := s.exec(ctx, tx, "DELETE FROM "+table+" WHERE user_id = ?", clean(id)); err != nil {
				return err
			}
		}
		n, err := s.exec(ctx, tx, "DELETE FROM users WHERE id = ?", clean(id))
		return noRow(n, err)
	}))
}

// emailKey is what two spellings of an address have in common.
func emailKey(email string) string { return strings.ToLower(clean(strings.TrimSpace(email))) }

// User gives one user, or ErrNotFound.
func (s *Store) User(ctx context.Context, id string) (gateway.User, error) {
	return s.user(ctx, "id = ?", clean(id))
}

// UserByEmail gives the user of an address, whatever its case, or ErrNotFound.
func (s *Store) UserByEmail(ctx context.Context, email string) (gateway.User, error) {
	return s.user(ctx, "email_key = ?", emailKey(email))
}

// UserBySubject gives the user of single sign-on, or ErrNotFound.
func (s *Store) UserBySubject(ctx context.Context, subject string) (gateway.User, error) {
	return s.user(ctx, "subject = ?", clean(subject))
}

func (s *Store) user(ctx context.Context, where string, arg any) (gateway.User, error) {
	u, err := single(ctx, s, selectUsers+" WHERE "+where, scanUser, arg)
	return u, s.failed("user", err)
}

// UserPage is one page of a list.
type UserPage struct {
	Users []gateway.User // newest first
	Next  string         // the cursor of the next page, "" at the end
}

// Users gives a page, newest first. limit 0 is 50, at most 500.
func (s *Store) Users(ctx context.Context, cursor string, limit int) (page UserPage, err error) {
	l := lister[gateway.User]{query: selectUsers, cursor: cursor, limit: limit, scan: scanUser,
		last: func(u *gateway.User) (time.Time, string) { return u.Created, u.ID }}
	page.Users, page.Next, err = l.page(ctx, s)
	return page, s.failed("users", err)
}

func scanUser(rows *sql.Rows) (u gateway.User, err error) {
	var created int64
	var disabled *int64
	var subject sql.NullString
	err = rows.Scan(&u.ID, &u.Email, &u.Name, &u.Admin, &created, &disabled, &u.Password, &subject)
	u.Created, u.Disabled, u.Subject = fromMicros(created), fromNull(disabled), subject.String
	return u, err
}
