package doctor

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Trial is what one small call at a provider found.
type Trial struct {
	OK      bool
	Message string        // what is wrong
	Mend    string        // what to do about it
	Weak    bool          // the vendor's own trouble, which passes
	Clock   time.Duration // how far its clock is ahead of ours; 0 = unknown, or a few seconds
	Took    time.Duration
}

// Vendor makes one small call at a provider, and compares the clocks.
func Vendor(name string, try func(context.Context) (Trial, error)) Check {
	return Check{Name: "vendor", Object: name, Run: func(ctx context.Context) []Finding {
		t, err := try(ctx)
		if err != nil {
			return skipped("%v", err)
		}
		return append(judgeTrial(&t), judgeClock(name, t.Clock)...)
	}}
}

func judgeTrial(t *Trial) []Finding {
	switch {
	case t.OK:
		return well("it answers, in %s", took(t.Took))
	case t.Weak:
		return warning(t.Mend, "%s", t.Message)
	}
	return problem(t.Mend, "%s", t.Message)
}

const skewed = 30 * time.Second

func judgeClock(name string, ahead time.Duration) []Finding {
	if ahead.Abs() < skewed {
		return nil
	}
	way := "behind"
	if ahead < 0 {
		way = "ahead of"
	}
	return warning("Set this machine's clock and let NTP keep it (timedatectl set-ntp true): tokens, signatures, certificates and the ends of budgets go by it.", "this machine's clock is %s %s that of %s", ahead.Abs().Round(time.Second), way, name)
}

var doubled = regexp.MustCompile(`/(v\d+[a-z]*)/v\d+[a-z]*(/|$)`)

// BaseURL looks whether a provider's address has more than it should: a path that the
// gateway appends, or a version twice. withVersion: the address usually ends in /v1.
func BaseURL(provider, address string, withVersion bool) Check {
	return Check{Name: "base-url", Object: provider, Run: func(context.Context) []Finding {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" {
			return problem("Write providers."+provider+".base_url as https://host or https://host/v1.", "base_url is no address")
		}
		path := strings.TrimRight(u.Path, "/")
		for _, end := range []string{"/chat/completions", "/completions", "/responses", "/embeddings", "/messages", "/models", "/chat"} {
			if strings.HasSuffix(path, end) {
				return problem("Take "+end+" off: it is appended to base_url.", "base_url ends in %s, which would stand there twice", end)
			}
		}
		switch {
		case doubled.MatchString(path):
			return problem("Leave one of them out.", "base_url has its version twice: %s", path)
		case !withVersion && (strings.HasSuffix(path, "/v1") || strings.HasSuffix(path, "/v1beta")):
			return problem("Take it off: for this kind base_url is the host, and the version is appended.", "base_url ends in %s, which would stand there twice", path)
		case u.Scheme == "http" && !local(u.Hostname()) && strings.Contains(u.Hostname(), "."):
			return warning("Use https where the server has it.", "base_url is http: keys and what is said pass the network in clear")
		}
		return well("%s", u.Scheme+"://"+u.Host+u.Path)
	}}
}
