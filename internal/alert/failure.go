package alert

import (
	"errors"
	"fmt"
	"net/textproto"
	"time"

	"github.com/sluice-gateway/sluice/internal/netfault"
)

// failure is why a channel did not take an alert, in words that hold nothing of the
// channel's address or password: they are shown and logged.
type failure struct {
	reason string
	wait   time.Duration // that the channel asked for; 0 = it did not
}

func (f failure) Error() string { return f.reason }

func failed(format string, args ...any) failure { return failure{reason: fmt.Sprintf(format, args...)} }

// asFailure gives an error without what it may tell of the channel's address.
func asFailure(err error) failure {
	var f failure
	var answer *textproto.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &answer):
		return failed("it answered %d", answer.Code)
	}
	return failed("%s", netfault.Reason(err))
}
