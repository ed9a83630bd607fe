package schedule

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		backUpForever(context.Background(), dir) // until it is killed
	}
	goleak.VerifyTestMain(m)
}
