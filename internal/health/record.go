package health

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// about is what a rest is about, as nodes write it for each other.
type about struct {
	Provider   string `json:"p"`
	Model      string `json:"m,omitempty"`
	Credential string `json:"c,omitempty"`
	Why        string `json:"w,omitempty"`
	Status     int    `json:"s,omitempty"`
	Strikes    int    `json:"k,omitempty"`
}

func (id *ID) size() int { return len(id.Provider) + len(id.Model) + len(id.Credential) }

func encodeNews(n News) (string, error) {
	b, err := json.Marshal(about{n.ID.Provider, n.ID.Model, n.ID.Credential, n.Why.String(), n.Status, n.Strikes})
	return string(b), err
}

// decodeNews reads "end token node about", where end and now are milliseconds of the
// server's clock. It is false for what another version of the gateway wrote otherwise,
// and for a rest that is over.
func decodeNews(record, now string) (n News, node string, ok bool) {
	parts := strings.SplitN(record, " ", 4)
	if len(parts) < 4 {
		return n, "", false
	}
	ends, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return n, "", false
	}
	at, err := strconv.ParseInt(now, 10, 64)
	if err != nil {
		return n, "", false
	}
	token, err := strconv.ParseUint(parts[1], 16, 64)
	if err != nil {
		return n, "", false
	}
	var a about
	if json.Unmarshal([]byte(parts[3]), &a) != nil {
		return n, "", false
	}
	n = News{ID: ID{a.Provider, a.Model, a.Credential}, Token: token, Why: kindOf(a.Why), Status: a.Status, Strikes: a.Strikes, Healed: ends == 0}
	if !n.Healed {
		if ends <= at || ends-at > longestAsked.Milliseconds() {
			return n, "", false
		}
		n.Rest = time.Duration(ends-at) * time.Millisecond
	}
	return n, parts[2], true
}

// kindOf reads the name of a kind that can make a target rest.
func kindOf(name string) fault.Kind {
	for _, k := range []fault.Kind{fault.Connect, fault.Timeout, fault.RateLimited, fault.Credential} {
		if k.String() == name {
			return k
		}
	}
	return fault.Upstream
}
