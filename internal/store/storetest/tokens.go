package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testTokens(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	must(t, s.CreateUser(ctx, user(1)))
	later := Epoch().Add(time.Hour)
	token := func(i int) gateway.Token {
		return gateway.Token{ID: fmt.Sprint("tok_", i), Name: "n", Hash: gateway.HashKey(fmt.Sprint(i)), Created: Epoch().Add(time.Duration(i/2) * time.Second)}
	}
	full := token(1)
	full.User, full.Workspace, full.Role, full.Admin, full.Session, full.Expires = "usr_1", "default", gateway.Editor, true, true, &later
	session := token(2)
	session.User, session.Session = "usr_1", true
	for _, tok := range []gateway.Token{token(0), full, session, token(3)} {
		must(t, s.CreateToken(ctx, tok))
	}
	for _, got := range []gateway.Token{need(s.TokenByHash(ctx, full.Hash))(t), need(s.Token(ctx, full.ID))(t)} {
		if diff := cmp.Diff(full, got); diff != "" {
			t.Error(diff)
		}
	}
	strangers := []gateway.Token{token(8), token(9)}
	strangers[0].User, strangers[1].Workspace = "x", "x"
	for _, err := range []error{errOf(s.TokenByHash(ctx, gateway.HashKey("x"))), s.RevokeToken(ctx, "x", Epoch()), s.CreateToken(ctx, strangers[0]), s.CreateToken(ctx, strangers[1])} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	}
	same := token(7)
	same.Hash = full.Hash
	if err := s.CreateToken(ctx, same); !errors.Is(err, store.ErrExists) {
		t.Errorf("err = %v", err)
	}
	yes := true
	list := func(q store.TokenQuery) string {
		return collect(t, func(cursor string) ([]string, string) {
			q.Cursor, q.Limit = cursor, 2
			page := need(s.Tokens(ctx, q))(t)
			return namesOf(page.Tokens, func(tok gateway.Token) string { return tok.ID }), page.Next
		})
	}
	for want, q := range map[string]store.TokenQuery{"tok_3 tok_2 tok_1 tok_0": {}, "tok_2 tok_1": {User: "usr_1", Session: &yes}, "tok_1": {Workspace: "default"}} {
		if got := list(q); got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	must(t, s.RevokeToken(ctx, "tok_3", Epoch()))
	must(t, s.RevokeToken(ctx, "tok_3", later))
	if tok := need(s.Token(ctx, "tok_3"))(t); tok.Revoked == nil || !tok.Revoked.Equal(Epoch()) {
		t.Errorf("revoked %v", tok.Revoked)
	}
	if n := need(s.RevokeSessions(ctx, "usr_1", later))(t); n != 2 {
		t.Errorf("%d sessions revoked", n)
	}
	if n := need(s.DeleteExpired(ctx, later))(t); n != 1 || list(store.TokenQuery{}) != "tok_2 tok_1 tok_0" {
		t.Errorf("%d deleted, left %s", n, list(store.TokenQuery{}))
	}
	if n := need(s.DeleteExpired(ctx, later.Add(time.Second)))(t); n != 2 {
		t.Errorf("%d deleted", n)
	}
}
