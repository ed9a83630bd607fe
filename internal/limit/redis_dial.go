package limit

import (
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// DialRedis makes a client for a URL (redis://, rediss:// or unix://) that gives up after
// timeout (0 = 250 ms) and repeats nothing, as an engine needs it. It connects when it is
// first used. The caller closes it.
func DialRedis(url string, timeout time.Duration) (*redis.Client, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		// The error of a URL repeats it, password and all.
		return nil, fmt.Errorf("the address of Redis is not of the form redis://user:password@host:6379/0")
	}
	if timeout <= 0 {
		timeout = 250 * time.Millisecond
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled = true
	o.MaxRetries = -1 // a decision must not be taken twice
	o.DialerRetries = 1
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	if o.PoolSize == 0 {
		o.PoolSize = 64
	}
	return redis.NewClient(o), nil
}
