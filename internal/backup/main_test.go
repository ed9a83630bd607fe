package backup_test

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(childArchive); file != "" {
		restoreHalf(context.Background(), file, os.Getenv(childStore)) // until it is killed
	}
	goleak.VerifyTestMain(m)
}
