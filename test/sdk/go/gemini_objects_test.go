package sdk_test

import (
	"strings"
	"testing"

	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestGeminiUploadsAFileInStepsThroughTheGateway(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	ctx := deadline(t)
	file := must(c.Files.Upload(ctx, strings.NewReader("hello"), &genai.UploadFileConfig{MIMEType: "text/plain", DisplayName: "notes"}))(t)
	same(t, "file", file.Name, "files/own3")
	for _, step := range []string{"gemini/file-start", "gemini/file-finish"} {
		same(t, "the vendor's key in "+step, s.up.Last(step).Header.Get("X-Goog-Api-Key"), vendorKey)
	}
	same(t, "the bytes that the vendor got", string(s.up.Last("gemini/file-finish").Body), "hello")
	same(t, "state", must(c.Files.Get(ctx, file.Name, nil))(t).State, genai.FileStateActive)
	list := must(c.Files.List(ctx, nil))(t)
	if len(list.Items) != 1 || list.Items[0].Name != file.Name {
		t.Errorf("the list holds what is not ours: %+v", list.Items)
	}
	ask := func(uri string) []*genai.Content {
		return []*genai.Content{genai.NewContentFromParts([]*genai.Part{genai.NewPartFromText("What does it say?"), genai.NewPartFromURI(uri, "text/plain")}, genai.RoleUser)}
	}
	same(t, "text", must(c.Models.GenerateContent(ctx, flash, ask(file.URI), nil))(t).Text(), "It says hello.")
	_, err := c.Models.GenerateContent(ctx, flash, ask(strings.Replace(file.URI, "own3", "foreign", 1)), nil)
	same(t, "a question about a foreign file", geminiError(t, err).Code, 404)
	must(c.Files.Delete(ctx, file.Name, nil))(t)
	_, err = c.Files.Get(ctx, file.Name, nil)
	same(t, "a deleted file", geminiError(t, err).Code, 404)
}

func TestGeminiKeepsCaches(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	ctx := deadline(t)
	cache := must(c.Caches.Create(ctx, flash, &genai.CreateCachedContentConfig{DisplayName: "prompt", Contents: genai.Text("A long prompt.")}))(t)
	same(t, "cache", cache.Name, "cachedContents/own4")
	same(t, "name", must(c.Caches.Get(ctx, cache.Name, nil))(t).DisplayName, "prompt")
	list := must(c.Caches.List(ctx, nil))(t)
	if len(list.Items) != 1 || list.Items[0].Name != cache.Name {
		t.Errorf("the list holds what is not ours: %+v", list.Items)
	}
	must(c.Caches.Update(ctx, cache.Name, &genai.UpdateCachedContentConfig{TTL: 60e9}))(t)
	with := func(name string) *genai.GenerateContentConfig {
		return &genai.GenerateContentConfig{CachedContent: name}
	}
	same(t, "text", must(c.Models.GenerateContent(ctx, flash, genai.Text("Go on."), with(cache.Name)))(t).Text(), "From the cache.")
	_, err := c.Models.GenerateContent(ctx, flash, genai.Text("Go on."), with("cachedContents/foreign"))
	same(t, "a foreign cache", geminiError(t, err).Code, 404)
	must(c.Caches.Delete(ctx, cache.Name, nil))(t)
	_, err = c.Caches.Get(ctx, cache.Name, nil)
	same(t, "a deleted cache", geminiError(t, err).Code, 404)
}

func TestGeminiListsModels(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	names := map[string]bool{}
	for m, err := range c.Models.All(deadline(t)) {
		if err != nil {
			t.Fatal(err)
		}
		names[m.Name] = true
	}
	if !names["models/gemini/"+flash] {
		t.Errorf("models/gemini/%s is not listed among %d", flash, len(names))
	}
	same(t, "a bare name", must(c.Models.Get(deadline(t), flash, nil))(t).Name, "models/gemini/"+flash)
	same(t, "a full name", must(c.Models.Get(deadline(t), "models/gemini/"+flash, nil))(t).Name, "models/gemini/"+flash)
	_, err := c.Models.Get(deadline(t), "gemini-99", nil)
	same(t, "an unknown name", geminiError(t, err).Code, 404)
}
