// Command gen makes the catalogue's files from two lists of facts, prices and
// abilities, one JSON object a line, and from extra.json, what those lists lack. It
// reads the files it is given and fetches nothing:
//
//	go run ./internal/account/gen -prices prices.jsonl -abilities abilities.jsonl -out internal/account/data
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sluice-gateway/sluice/internal/account"
)

//go:embed extra.json
var extraJSON []byte

func main() {
	prices := flag.String("prices", "", "file of prices, one JSON object a line")
	abilities := flag.String("abilities", "", "file of abilities, one JSON object a line")
	out := flag.String("out", "", "folder to write to")
	flag.Parse()
	if *prices == "" || *abilities == "" || *out == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*prices, *abilities, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(pricesFile, abilitiesFile, out string) error {
	return generate(extraJSON, pricesFile, abilitiesFile, out)
}

func generate(extraText []byte, pricesFile, abilitiesFile, out string) error {
	x, err := readExtra(extraText)
	if err != nil {
		return err
	}
	prices, err := readLines[priceLine](pricesFile)
	if err != nil {
		return err
	}
	abilities, err := readLines[abilityLine](abilitiesFile)
	if err != nil {
		return err
	}
	b := newBuilder(x)
	if err := b.addPrices(prices); err != nil {
		return err
	}
	if err := b.addAbilities(abilities); err != nil {
		return err
	}
	if err := b.addTiers(); err != nil {
		return err
	}
	return write(out, b.documents())
}

// write writes one file a vendor and the index, once all of it has been read back.
func write(dir string, docs []*account.Document) error {
	files := make(map[string][]byte, len(docs)+1)
	index := make(map[string][]string, len(docs))
	var all bytes.Buffer
	for _, d := range docs {
		text, err := render(d)
		if err != nil {
			return err
		}
		all.Write(text)
		files[d.Provider] = text
		index[d.Provider] = append([]string{}, d.Aliases...)
	}
	if _, err := account.ReadCatalogue(&all); err != nil {
		return fmt.Errorf("nothing was written, for it could not be read again: %w", err)
	}
	text, err := json.MarshalIndent(index, "", " ")
	if err != nil {
		return err
	}
	files["index"] = append(text, '\n')
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// render writes a document with one model a line, so that changes can be read.
func render(d *account.Document) ([]byte, error) {
	head := *d
	head.Models = []account.Facts{}
	text, err := plainJSON(head)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(text, []byte("]}")))
	for i := range d.Models {
		line, err := plainJSON(&d.Models[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
