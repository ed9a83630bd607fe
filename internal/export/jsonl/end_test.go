package jsonl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
)

// line makes a row of a size that no other row is alike.
func line(f *rand.Rand, n, size int) export.Row {
	text := fmt.Appendf(nil, `{"n":%d,"x":"`, n)
	for len(text) < size {
		text = append(text, 'a'+byte(f.IntN(26)))
	}
	return export.Row{ID: fmt.Sprint(n), Time: time.Unix(1_770_000_000, 0), JSON: append(text, `"}`...)}
}

// Batches of all sizes, in files that were closed in between: what stands in the file is
// what was sent, whichever way it went there.
func TestEveryByteThatWasSentIsInTheFile(t *testing.T) {
	for _, direct := range []bool{true, false} {
		t.Run(fmt.Sprintf("direct=%v", direct), func(t *testing.T) {
			f := rand.New(rand.NewPCG(1, 2))
			c := Config{Dir: t.TempDir(), Name: "e"}
			s := reopen(t, nil, c)
			if direct && s.end.direct == nil {
				t.Skip("the file system of temporary files has no direct writes")
			}
			var want []byte
			n := 0
			for round := range 60 {
				if !direct && s.end.direct != nil {
					_ = s.end.direct.Close()
					s.end.direct = nil
				}
				total := 1 << (7 + f.IntN(16)) // up to four times what is written at once
				var rows []export.Row
				for size := 0; size < total; n++ {
					rows = append(rows, line(f, n, 1<<f.IntN(15)))
					size += len(rows[len(rows)-1].JSON)
				}
				if f.IntN(10) == 0 {
					rows = append(rows, line(f, n, 2*atOnce+f.IntN(block)))
				}
				if err := s.Send(t.Context(), rows); err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					want = append(append(want, r.JSON...), '\n')
				}
				if round%4 == 0 {
					s = reopen(t, s, c)
				}
				if have, err := os.ReadFile(s.path()); err != nil || !bytes.Equal(have, want) {
					t.Fatalf("round %d: the file has %d bytes, not the %d that were sent: %v", round, len(have), len(want), err)
				}
			}
			if direct && s.end.direct == nil {
				t.Error("nothing was written directly")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func reopen(t *testing.T, s *Sink, c Config) *Sink {
	t.Helper()
	if s != nil {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A file system may only say of a write that it has no direct ones. Memory that is not
// aligned is refused in the same way.
func TestAWriteThatCannotBeDirectGoesTheUsualWay(t *testing.T) {
	f := rand.New(rand.NewPCG(1, 2))
	s := reopen(t, nil, Config{Dir: t.TempDir(), Name: "e"})
	defer s.Close()
	if s.end.direct == nil {
		t.Skip("the file system of temporary files has no direct writes")
	}
	s.end.buf = aligned(2 * worth)[1 : 1+worth+block]
	if _, err := s.end.direct.WriteAt(s.end.buf[:block], 0); !notDirect(err) {
		t.Skip("the file system of temporary files takes any memory")
	}
	row := line(f, 1, worth+100)
	for range 2 {
		if err := s.Send(t.Context(), []export.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if s.end.direct != nil {
		t.Error("the write was no worse than others")
	}
	want := append(bytes.Clone(row.JSON), '\n')
	if have, err := os.ReadFile(s.path()); err != nil || !bytes.Equal(have, append(want, want...)) {
		t.Errorf("the file has %d bytes: %v", len(have), err)
	}
}

// Programs that rotate logs may copy a file and cut it: there is no hole then.
func TestAFileThatWasCutIsWrittenFromItsNewEnd(t *testing.T) {
	f := rand.New(rand.NewPCG(1, 2))
	s := reopen(t, nil, Config{Dir: t.TempDir(), Name: "e"})
	defer s.Close()
	for n, size := range []int{10_000, 3 * worth} {
		if err := s.Send(context.Background(), []export.Row{line(f, n, size)}); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(s.path(), 0); err != nil {
			t.Fatal(err)
		}
	}
	last := line(f, 9, 50)
	if err := s.Send(t.Context(), []export.Row{last}); err != nil {
		t.Fatal(err)
	}
	if have, err := os.ReadFile(s.path()); err != nil || string(have) != string(last.JSON)+"\n" {
		t.Errorf("the file has %.100q: %v", have, err)
	}
}

// Whatever a crash leaves of a large write, the lines before it stay and the next ones follow.
func TestWhatACrashLeavesOfALargeWriteIsRepaired(t *testing.T) {
	f := rand.New(rand.NewPCG(1, 2))
	c := Config{Dir: t.TempDir(), Name: "e"}
	path := filepath.Join(c.Dir, "e.jsonl")
	for round := range 20 {
		s := reopen(t, nil, c)
		first := []export.Row{line(f, 1, 1+f.IntN(2*block))}
		if err := s.Send(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		kept := s.size
		if err := s.Send(t.Context(), []export.Row{line(f, 2, 2*worth)}); err != nil {
			t.Fatal(err)
		}
		end := s.size
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		// Whole blocks came to the disk in order: some of them did.
		if err := os.Truncate(path, min(roundUp(kept)+int64(f.IntN(2*worth/block))*block, end-1)); err != nil {
			t.Fatal(err)
		}
		s = reopen(t, nil, c)
		if s.size != kept {
			t.Fatalf("round %d: %d bytes are left, not %d", round, s.size, kept)
		}
		next := line(f, 3, 10)
		if err := s.Send(t.Context(), []export.Row{next}); err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(path)
		if want := string(first[0].JSON) + "\n" + string(next.JSON) + "\n"; err != nil || string(have) != want {
			t.Fatalf("round %d: %d bytes, not %d: %v", round, len(have), len(want), err)
		}
		if err := errors.Join(s.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
}

// Two handles must be of one file, whoever moves it between the two.
func TestNothingIsWrittenIntoAnotherFileOfTheName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "e.jsonl")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := openEnd(file, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	if e.direct != nil {
		t.Error("the other file would be written")
	}
}
