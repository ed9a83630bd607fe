package config

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Backups are backups by the clock.
type Backups struct {
	Every     time.Duration `yaml:"every" default:"off" off:"true" min:"5m" max:"30d" help:"How often a backup is made."`
	At        string        `yaml:"at" example:"sun 03:30" check:"clock" help:"Instead of every: at a time of each day (03:30), or of one day of the week."`
	Zone      string        `yaml:"zone" default:"UTC" check:"zone" help:"Time zone of at."`
	To        string        `yaml:"to" example:"/var/backups/sluice" check:"place_of_backups" help:"A directory, or s3://BUCKET/PREFIX. Nodes that share a store should name the same one: whichever of them makes a backup puts it there."`
	Keep      int           `yaml:"keep" default:"7" min:"1" max:"10000" help:"How many stay that are as they were made; older ones of this store are deleted."`
	EncryptTo []string      `yaml:"encrypt_to" example:"[age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]" single:"true" check:"recipient" help:"Public keys of age, whose owners can open the backups. Default: they are not encrypted."`
	Entries   bool          `yaml:"entries" help:"Also the calls, with their bodies and feedback."`
	Timeout   time.Duration `yaml:"timeout" default:"2h" min:"1m" max:"24h" help:"How long one backup may take."`

	URL       string `yaml:"url" example:"https://minio.example.com:9000" check:"url" help:"Of S3: where it is, instead of AWS."`
	User      string `yaml:"user" example:"AKIDEXAMPLE" check:"text" help:"Of S3: the access key id. Default: AWS's usual sources."`
	Password  Secret `yaml:"password" example:"env:S3_SECRET_KEY" check:"header" help:"Of S3: the secret access key, as a reference."`
	Region    string `yaml:"region" default:"us-east-1" check:"region" help:"Of S3: the region."`
	PathStyle bool   `yaml:"path_style" help:"Of S3: the bucket stands in the path, as many servers other than AWS want it. Default: where url is given."`
}

// Wanted reports whether backups are made.
func (b *Backups) Wanted() bool { return b.Every > 0 || b.At != "" }

// Bucket gives the bucket and the prefix of its objects; "" = it is a directory.
func (b *Backups) Bucket() (bucket, prefix string) {
	rest, ok := strings.CutPrefix(b.To, "s3://")
	if !ok {
		return "", ""
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return bucket, prefix
}

// ParseClock reads a time of the day such as 03:30, or of one day of the week such as sun
// 03:30; day is 0 for Sunday, -1 for each.
func ParseClock(text string) (hour, minute, day int, ok bool) {
	fields := strings.Fields(strings.ToLower(text))
	day = -1
	if len(fields) == 2 {
		at := strings.Index("sun mon tue wed thu fri sat", fields[0])
		if len(fields[0]) != 3 || at < 0 || at%4 != 0 {
			return 0, 0, 0, false
		}
		day, fields = at/4, fields[1:]
	}
	if len(fields) != 1 {
		return 0, 0, 0, false
	}
	at, err := time.Parse("15:04", fields[0])
	return at.Hour(), at.Minute(), day, err == nil
}

// checkBackups applies the named rules of backups.
func checkBackups(check, text string) string {
	switch check {
	case "clock":
		if _, _, _, ok := ParseClock(text); !ok {
			return "expected a time of the day such as 03:30, or of the week such as sun 03:30, found " + doctree.Quote(text)
		}
	case "recipient":
		if _, err := age.ParseX25519Recipient(text); err != nil {
			return "expected a public key of age, which begins with age1 and is 62 characters long (age-keygen makes one); it has " + strconv.Itoa(len(text))
		}
	case "place_of_backups":
		return checkPlaceOfBackups(text)
	}
	return ""
}

func checkPlaceOfBackups(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	switch {
	case !found:
		return ""
	case scheme != "s3":
		return "expected a directory or s3://BUCKET/PREFIX, found " + doctree.Quote(scheme+"://…")
	}
	u, err := url.Parse("s3://" + rest)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Contains(rest, "..") || strings.Contains(rest, "//") {
		return "expected s3://BUCKET/PREFIX, without user, password and parameters"
	}
	return ""
}

// backups checks what no single value tells, and completes the rest.
func (l *loader) backups() {
	b := &l.cfg.Backups
	if b.Every > 0 && b.At != "" {
		l.bad("backups.at", "every and at exclude each other")
	}
	if b.Wanted() && b.To == "" && !l.faulty("backups.to") {
		l.bad("backups", `"to" is missing: a directory, or s3://BUCKET/PREFIX`)
	}
	if !b.Wanted() && l.given("backups.to") && !l.faulty("backups.every") && !l.faulty("backups.at") {
		l.bad("backups", `"every" or "at" is missing, as in every: 24h`)
	}
	bucket, _ := b.Bucket()
	for _, key := range []string{"url", "user", "password", "region", "path_style"} {
		if l.given(join("backups", key)) && bucket == "" && b.To != "" && !l.faulty("backups.to") {
			l.bad(join("backups", key), "it is of S3 alone, and to is a directory")
		}
	}
	if l.given("backups.user") != l.given("backups.password") {
		l.bad("backups", "user and password go together")
	}
	b.PathStyle = b.PathStyle || b.URL != ""
}
