package pairs_test

import "github.com/sluice-gateway/sluice/internal/dialect"

// further are requests that show what the examples of single fields do not: values that
// some target takes, and what counts only beside something else.
var further = map[dialect.Name][]string{}
