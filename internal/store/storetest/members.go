package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func user(i int) gateway.User {
	return gateway.User{ID: fmt.Sprint("usr_", i), Email: fmt.Sprintf("User%d@Example.com", i), Name: fmt.Sprint("User ", i), Created: Epoch().Add(time.Duration(i/2) * time.Second)}
}

// collect walks all pages and gives the ids, joined by spaces.
func collect(t *testing.T, page func(cursor string) (ids []string, next string)) string {
	t.Helper()
	var all []string
	for cursor := ""; ; {
		ids, next := page(cursor)
		if len(ids) > 2 {
			t.Errorf("a page of %d", len(ids))
		}
		all = append(all, ids...)
		if cursor = next; cursor == "" {
			return strings.Join(all, " ")
		}
	}
}

func namesOf[T any](rows []T, name func(T) string) []string {
	var names []string
	for _, r := range rows {
		names = append(names, name(r))
	}
	return names
}

func testUsers(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	at := Epoch().Add(time.Hour)
	full := user(1)
	full.Admin, full.Disabled, full.Password, full.Subject = true, &at, "$argon2id$…", "https://id.example 42"
	for i := range 5 {
		u := user(i)
		if i == 1 {
			u = full
		}
		must(t, s.CreateUser(ctx, u))
	}
	t.Run("a user is found by id, address and subject", func(t *testing.T) {
		for _, got := range []gateway.User{need(s.User(ctx, "usr_1"))(t), need(s.UserByEmail(ctx, " uSER1@example.COM"))(t), need(s.UserBySubject(ctx, full.Subject))(t)} {
			if diff := cmp.Diff(full, got); diff != "" {
				t.Error(diff)
			}
		}
		for _, err := range []error{errOf(s.User(ctx, "x")), errOf(s.UserByEmail(ctx, "x")), errOf(s.UserBySubject(ctx, "")), s.UpdateUser(ctx, gateway.User{ID: "x"})} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("err = %v", err)
			}
		}
	})
	t.Run("an address, subject or id is one user's", func(t *testing.T) {
		email, subject, id, moved := user(9), user(9), user(9), user(2)
		email.Email, subject.Subject, id.ID, moved.Email = "USER1@example.com", full.Subject, "usr_1", "user1@example.com"
		for _, err := range []error{s.CreateUser(ctx, email), s.CreateUser(ctx, subject), s.CreateUser(ctx, id), s.UpdateUser(ctx, moved)} {
			if !errors.Is(err, store.ErrExists) {
				t.Errorf("err = %v", err)
			}
		}
	})
	t.Run("an update stores everything", func(t *testing.T) {
		want := full
		want.Email, want.Name, want.Admin, want.Disabled, want.Password, want.Subject = "new@example.com", "New", false, nil, "", ""
		must(t, s.UpdateUser(ctx, want))
		if diff := cmp.Diff(want, need(s.User(ctx, want.ID))(t)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a list is newest first", func(t *testing.T) {
		got := collect(t, func(cursor string) ([]string, string) {
			page := need(s.Users(ctx, cursor, 2))(t)
			return namesOf(page.Users, func(u gateway.User) string { return u.ID }), page.Next
		})
		if got != "usr_4 usr_3 usr_2 usr_1 usr_0" {
			t.Error(got)
		}
	})
}

func testMembers(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	for i := range 5 {
		must(t, s.CreateUser(ctx, user(i)))
		must(t, s.PutMember(ctx, gateway.Member{Workspace: "default", User: user(i).ID, Role: gateway.Viewer, Created: Epoch().Add(time.Duration(i/2) * time.Second)}))
	}
	must(t, s.CreateWorkspace(ctx, gateway.Workspace{ID: "b"}))
	must(t, s.PutMember(ctx, gateway.Member{Workspace: "b", User: "usr_1", Role: gateway.Owner, Created: Epoch()}))
	must(t, s.PutMember(ctx, gateway.Member{Workspace: "default", User: "usr_1", Role: gateway.Editor, Created: Epoch().Add(time.Hour)}))
	want := []gateway.Member{
		{Workspace: "b", User: "usr_1", Email: user(1).Email, Role: gateway.Owner, Created: Epoch()},
		{Workspace: "default", User: "usr_1", Email: user(1).Email, Role: gateway.Editor, Created: Epoch()},
	}
	if diff := cmp.Diff(want, need(s.MembershipsOf(ctx, "usr_1"))(t)); diff != "" {
		t.Error(diff)
	}
	must(t, s.RemoveMember(ctx, "default", "usr_3"))
	got := collect(t, func(cursor string) ([]string, string) {
		page := need(s.Members(ctx, "default", cursor, 2))(t)
		return namesOf(page.Members, func(m gateway.Member) string { return m.User }), page.Next
	})
	if got != "usr_4 usr_2 usr_1 usr_0" {
		t.Error(got)
	}
	for _, err := range []error{s.RemoveMember(ctx, "default", "usr_3"), s.PutMember(ctx, gateway.Member{Workspace: "x", User: "usr_1"}),
		s.PutMember(ctx, gateway.Member{Workspace: "b", User: "x"})} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	}
}
