package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/sluice-gateway/sluice/internal/whole"
)

// warmState is how far a run has come. It stands in a file beside the input.
type warmState struct {
	Begins string `json:"begins"` // SHA-256 of the beginning of the input, so that another one is told
	Lines  int    `json:"lines"`  // that many from the first are done, but for those that failed
	Failed []int  `json:"failed"` // to be tried again

	file  string       // "" = it is not kept
	ahead map[int]bool // done behind Lines; false = failed
}

// stateOf names the file of an input's state.
func stateOf(input string) string { return input + ".warm" }

// newState begins one, or goes on with what the file says.
func newState(input string, resume bool) (*warmState, error) {
	s := &warmState{ahead: map[int]bool{}}
	if input == "-" {
		if resume {
			return nil, &usage{errors.New("--resume needs a file; the standard input cannot be read again")}
		}
		return s, nil
	}
	begins, err := beginning(input)
	if err != nil || !resume {
		s.file, s.Begins = stateOf(input), begins
		return s, err
	}
	b, err := os.ReadFile(stateOf(input))
	switch {
	case errors.Is(err, fs.ErrNotExist): // nothing is done, or all of it
	case err != nil:
		return nil, err
	case json.Unmarshal(b, s) != nil || s.Lines < 0:
		return nil, fmt.Errorf("%s is no state of a warm-up; delete it to begin anew", stateOf(input))
	case s.Begins != begins:
		return nil, fmt.Errorf("%s belongs to another input than %s is now; delete it, or leave out --resume, to begin anew", stateOf(input), input)
	}
	s.file, s.Begins = stateOf(input), begins
	return s, nil
}

// beginning tells one input from another, though lines may be appended to it.
func beginning(input string) (string, error) {
	f, err := os.Open(input)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if i := slices.Index(b, '\n'); i >= 0 {
		b = b[:i]
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

// wants reports whether a line is still to be done.
func (s *warmState) wants(line int) bool {
	return line > s.Lines || slices.Contains(s.Failed, line)
}

// done notes what became of a line.
func (s *warmState) done(line int, ok bool) {
	s.Failed = slices.DeleteFunc(s.Failed, func(n int) bool { return n == line })
	if line <= s.Lines {
		if !ok {
			s.Failed = append(s.Failed, line)
		}
		return
	}
	s.ahead[line] = ok
	for {
		ok, next := s.ahead[s.Lines+1]
		if !next {
			return
		}
		s.Lines++
		delete(s.ahead, s.Lines)
		if !ok {
			s.Failed = append(s.Failed, s.Lines)
		}
	}
}

// save writes the file whole or not at all.
func (s *warmState) save() error {
	if s.file == "" {
		return nil
	}
	slices.Sort(s.Failed)
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return whole.Write(s.file, whole.Private, whole.Text(b))
}

// end notes how far the run came, and forgets it when nothing is left to do.
func (s *warmState) end(complete bool) error {
	if s.file == "" || !complete || len(s.Failed) > 0 {
		return s.save()
	}
	if err := os.Remove(s.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
