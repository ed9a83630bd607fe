package semantic_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// required is the environment variable that makes a missing embedder a failure.
const required = "SLUICE_REQUIRE_EMBEDDER"

// startEmbedder serves a real embedding model until the test ends, and gives its address
// and the folder that it is installed in; where there can be none it skips the test and
// says so.
func startEmbedder(t *testing.T) (address, folder string) {
	t.Helper()
	folder, err := install()
	if err != nil {
		if os.Getenv(required) != "" {
			t.Fatalf("%s is set: %v", required, err)
		}
		fmt.Fprintf(os.Stderr, "\n*** SKIPPED %s: %v ***\n\n", t.Name(), err)
		t.Skip(err)
	}
	node := exec.Command("node", "embedder.mjs", folder)
	said := new(strings.Builder)
	node.Stderr = said
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		node.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address := lines.Text(); strings.HasPrefix(address, "http://127.0.0.1:") {
			return address, folder
		}
	}
	t.Fatalf("the embedder did not start: %s", said)
	return "", ""
}

// install puts the embedder's packages into a folder of the user's cache, once for each
// state of the lock file, and gives the folder.
func install() (string, error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("install Node 20 or later, npm included: %w", err)
		}
	}
	folder := os.Getenv("SLUICE_EMBEDDER_DIR")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(cache, "sluice", "embedder")
	}
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		return "", err
	}
	if there, err := os.ReadFile(filepath.Join(folder, "installed")); err == nil && bytes.Equal(there, lock) {
		return folder, nil
	}
	return folder, fill(folder, lock)
}

func fill(folder string, lock []byte) error {
	about, err := os.ReadFile("package.json")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	os.Remove(filepath.Join(folder, "vectors.gob")) // they are of another model
	for name, text := range map[string][]byte{"package.json": about, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	npm.Dir = folder
	if said, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci failed in %s: %w: %s", folder, err, bytes.TrimSpace(said))
	}
	return os.WriteFile(filepath.Join(folder, "installed"), lock, 0o644)
}

// embed asks for the vectors of texts. The folder remembers what was asked before: a text
// takes the model some 15 ms.
func embed(t *testing.T, texts []string) map[string][]float32 {
	t.Helper()
	address, folder := startEmbedder(t)
	file := filepath.Join(folder, "vectors.gob")
	known := map[string][]float32{}
	if b, err := os.ReadFile(file); err == nil && gob.NewDecoder(bytes.NewReader(b)).Decode(&known) != nil {
		known = map[string][]float32{}
	}
	slices.Sort(texts)
	texts = slices.DeleteFunc(slices.Compact(texts), func(s string) bool { return known[s] != nil })
	texts = append(texts, "One text at least is asked for each time.")
	for batch := range slices.Chunk(texts, 64) {
		vectors, err := ask(address, batch)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range vectors {
			known[batch[i]] = v
		}
	}
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(known); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Log(err)
	}
	return known
}

func ask(address string, texts []string) ([][]float32, error) {
	question, err := json.Marshal(map[string]any{"model": "universal-sentence-encoder-lite", "input": texts})
	if err != nil {
		return nil, err
	}
	answer, err := http.Post(address+"/v1/embeddings", "application/json", bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var list struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return nil, err
	}
	out := make([][]float32, len(texts))
	for _, d := range list.Data {
		out[d.Index] = d.Embedding
	}
	if len(list.Data) != len(texts) {
		return nil, errors.New("not every text got a vector")
	}
	return out, nil
}
