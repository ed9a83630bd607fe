package account

import "testing"

// EmbeddedVendors reads every embedded vendor, so that none can be broken.
func EmbeddedVendors(t testing.TB) {
	files, err := embedded.ReadDir("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if "data/"+f.Name() == indexFile {
			continue
		}
		if _, err := readEmbedded("data/" + f.Name()); err != nil {
			t.Error(err)
		}
	}
}
