package admin

import (
	"bytes"
	"encoding/csv"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// textFile is an answer that is no JSON.
type textFile struct {
	name, kind string
	warning    string // what to know about the figures; a file has no place for it
	text       []byte
}

func (f *textFile) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	if f.warning != "" {
		w.Header().Set("Sluice-Warning", f.warning)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(f.text) // a client that left needs no answer
}

// csv writes the rows, with amounts as plain decimals.
// https://www.rfc-editor.org/rfc/rfc4180
func (out *CostReport) csv() (*textFile, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	head := []string{"cost_usd", "saved_usd", "requests", "unpriced", "input_tokens", "output_tokens"}
	if out.By != "" {
		head = append([]string{strings.ReplaceAll(out.By, ",", "/")}, head...)
	}
	if out.Grain != "" {
		head = append([]string{out.Grain}, head...)
	}
	err := w.Write(head)
	for i := range out.Rows {
		if err == nil {
			err = w.Write(out.record(&out.Rows[i]))
		}
	}
	w.Flush()
	name := "costs-" + out.From.Format("2006-01-02") + "-" + out.To.Format("2006-01-02") + ".csv"
	return &textFile{name, "text/csv; charset=utf-8; header=present", out.Warning, b.Bytes()}, err
}

func (out *CostReport) record(r *CostRow) (cells []string) {
	if r.Time != nil {
		cells = append(cells, r.Time.Format("2006-01-02"))
	}
	switch {
	case out.By == "":
	case r.Rest:
		cells = append(cells, "(others)")
	case r.Value == "":
		cells = append(cells, "(none)")
	default:
		cells = append(cells, harmless(r.Value))
	}
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	return append(cells, r.Cost.String(), r.Saved.String(), n(r.Requests), n(r.Unpriced), n(r.InputTokens), n(r.OutputTokens))
}

// harmless keeps a spreadsheet from taking a text for a formula: callers choose some of
// them. https://owasp.org/www-community/attacks/CSV_Injection
func harmless(text string) string {
	if strings.ContainsAny(text[:1], "=+-@\t\r\n") || strings.HasPrefix(text, "＝") || strings.HasPrefix(text, "＋") || strings.HasPrefix(text, "－") || strings.HasPrefix(text, "＠") {
		return "'" + text
	}
	return text
}
