package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/internal/store"
)

// Errors about passphrases.
var (
	ErrPassphraseNeeded = errors.New("the backup is encrypted: its passphrase is needed")
	ErrPassphrase       = errors.New("the passphrase does not open the backup")
)

// Reader reads a backup. It is for one goroutine.
type Reader struct {
	Header Header
	seen   []Member
	tar    *tar.Reader
	packed *zstd.Decoder
	buf    bytes.Buffer // the member that is being read
}

// What files begin with. https://age-encryption.org/v1 https://www.rfc-editor.org/rfc/rfc8878
const (
	ageMagic  = "age-encryption.org/v1"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// NewReader reads the head of a backup. passphrase gives that of an encrypted one, and is
// asked once; nil = there is none.
func NewReader(r io.Reader, passphrase func() (string, error)) (*Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := in.Peek(len(ageMagic)); string(magic) == ageMagic {
		opened, err := unseal(in, passphrase)
		if err != nil {
			return nil, err
		}
		in = bufio.NewReader(opened)
	}
	if magic, _ := in.Peek(len(zstdMagic)); string(magic) != zstdMagic {
		return nil, broken("this is no backup of Sluice")
	}
	packed, err := zstd.NewReader(&summedReader{from: in, sum: sha256.New()}, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return nil, broken("%w", err)
	}
	x := &Reader{tar: tar.NewReader(packed), packed: packed}
	if err := x.head(); err != nil {
		packed.Close()
		return nil, err
	}
	return x, nil
}

func unseal(r io.Reader, passphrase func() (string, error)) (io.Reader, error) {
	if passphrase == nil {
		return nil, ErrPassphraseNeeded
	}
	text, err := passphrase()
	if err != nil {
		return nil, err
	}
	identity, err := identityOf(text)
	if err != nil {
		return nil, ErrPassphraseNeeded
	}
	opened, err := age.Decrypt(r, identity)
	var wrong *age.NoIdentityMatchError
	switch {
	case errors.As(err, &wrong):
		return nil, ErrPassphrase
	case err != nil:
		return nil, broken("%w", err)
	}
	return opened, nil
}

// identityOf reads a passphrase, or the secret key of an age recipient.
func identityOf(text string) (age.Identity, error) {
	if strings.HasPrefix(text, "AGE-SECRET-KEY-") {
		return age.ParseX25519Identity(text)
	}
	return age.NewScryptIdentity(text)
}

// damaged is ErrBroken, once.
func damaged(where string, err error) error {
	if errors.Is(err, ErrBroken) {
		return err
	}
	return broken("%s%w", where, err)
}

// Close frees what reading took.
func (x *Reader) Close() { x.packed.Close() }

func (x *Reader) head() error {
	name, text, err := x.next()
	if err != nil {
		return err
	}
	if name != headerName || len(text) > maxHeader {
		return broken("this is no backup of Sluice")
	}
	if err := json.Unmarshal(text, &x.Header); err != nil {
		return broken("%s: %w", headerName, err)
	}
	if x.Header.Format > Format {
		return fmt.Errorf("%w: its format has version %d, this binary knows versions up to %d", ErrNewerFormat, x.Header.Format, Format)
	}
	if x.Header.Format < 1 {
		return broken("its format has version %d", x.Header.Format)
	}
	return nil
}

// next reads a member. Its content is valid until the next one is read.
func (x *Reader) next() (name string, content []byte, err error) {
	h, err := x.tar.Next()
	if errors.Is(err, io.EOF) {
		return "", nil, broken("it ends before its manifest")
	}
	if err != nil {
		return "", nil, damaged("", err)
	}
	if h.Typeflag != tar.TypeReg || h.Size > maxMember {
		return "", nil, broken("the member %q has no size that a backup's has", h.Name)
	}
	x.buf.Reset() // it grows with what is there, not with what is announced
	if _, err := io.Copy(&x.buf, x.tar); err != nil {
		return "", nil, damaged(h.Name+": ", err)
	}
	if h.Name != manifestName {
		sum := sha256.Sum256(x.buf.Bytes())
		x.seen = append(x.seen, Member{Name: h.Name, Size: h.Size, SHA256: hex.EncodeToString(sum[:])})
	}
	return h.Name, x.buf.Bytes(), nil
}

// Each hands over the rows of each member and the master key where there is one, and
// returns nil when everything was there as it was written. What is handed over before that
// may be of a broken file. The master key is valid until its function returns.
func (x *Reader) Each(rows func(*store.Table, [][]any) error, master func([]byte) error) error {
	counted := map[string]int64{}
	for {
		name, content, err := x.next()
		switch {
		case err != nil:
			return err
		case name == manifestName:
			return x.prove(content, counted)
		case name == masterName:
			err = master(content)
		default:
			err = x.table(name, content, counted, rows)
		}
		if err != nil {
			return err
		}
	}
}

func (x *Reader) table(name string, content []byte, counted map[string]int64, each func(*store.Table, [][]any) error) error {
	parts := strings.Split(name, "/")
	if len(parts) != 3 || parts[0] != "tables" {
		return broken("it has a member %q", name)
	}
	t := x.Header.table(parts[1])
	if t == nil {
		return broken("it has rows of %q, which its head does not name", parts[1])
	}
	rows, err := decodeRows(content, t)
	if err != nil {
		return broken("%s: %w", name, err)
	}
	counted[t.Name] += int64(len(rows))
	x.seen[len(x.seen)-1].Rows = int64(len(rows))
	return each(t, rows)
}

// prove compares what was read with the manifest, and reads to the end of the file.
func (x *Reader) prove(text []byte, counted map[string]int64) error {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return broken("%s: %w", manifestName, err)
	}
	for i, want := range m.Members {
		if i >= len(x.seen) || x.seen[i] != want {
			return broken("%s is not as the manifest says", want.Name)
		}
	}
	if len(m.Members) != len(x.seen) {
		return broken("it has members that its manifest does not name")
	}
	for i := range x.Header.Tables {
		if t := &x.Header.Tables[i]; counted[t.Name] != t.Rows {
			return broken("it has %d rows of %s, its head says %d", counted[t.Name], t.Name, t.Rows)
		}
	}
	if _, err := x.tar.Next(); !errors.Is(err, io.EOF) {
		return broken("something stands behind its manifest")
	}
	rest, err := io.ReadAll(io.LimitReader(x.packed, 1<<20))
	if err != nil {
		return damaged("", err)
	}
	if slices.ContainsFunc(rest, func(b byte) bool { return b != 0 }) {
		return broken("something stands behind its end")
	}
	return nil
}
