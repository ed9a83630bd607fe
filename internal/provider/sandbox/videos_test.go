package sandbox_test

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"
	"net/http"
	"sync"
	"testing"
)

// film creates a video and gives its id.
func film(t *testing.T, h http.Handler, body string) string {
	t.Helper()
	a := postTo(h, "/v1/videos", body)
	if a.status != 200 || dig(t, a.body, "status") != "queued" || dig(t, a.body, "progress") != 0.0 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return dig(t, a.body, "id").(string)
}

// filmed creates a video and reads it until it is complete.
func filmed(t *testing.T, h http.Handler, body string) string {
	t.Helper()
	id := film(t, h, body)
	for range 2 {
		ask(h, http.MethodGet, "/v1/videos/"+id, nil, "")
	}
	return id
}

const gate = `{"model":"video","prompt":"A gate"}`

func TestAVideoGoesOnWithEachReadUntilItIsComplete(t *testing.T) {
	h := handler()
	id := film(t, h, gate)
	early := ask(h, http.MethodGet, "/v1/videos/"+id+"/content", nil, "")
	if early.status != 400 || dig(t, early.body, "error", "code") != "video_not_ready" {
		t.Errorf("content of a queued video: %d %s", early.status, early.body)
	}
	if list := ask(h, http.MethodGet, "/v1/videos", nil, ""); dig(t, list.body, "data", 0, "status") != "queued" || dig(t, list.body, "last_id") != id {
		t.Errorf("a list is no read, but got %s", list.body)
	}
	for _, want := range []struct {
		status   string
		progress float64
	}{{"in_progress", 50}, {"completed", 100}, {"completed", 100}} {
		a := ask(h, http.MethodGet, "/v1/videos/"+id, nil, "")
		if dig(t, a.body, "status") != want.status || dig(t, a.body, "progress") != want.progress || (dig(t, a.body, "completed_at") != nil) != (want.progress == 100) {
			t.Errorf("got %s, want %s", a.body, want.status)
		}
	}
	if gone := ask(h, http.MethodDelete, "/v1/videos/"+id, nil, ""); dig(t, gone.body, "deleted") != true || dig(t, gone.body, "object") != "video.deleted" {
		t.Errorf("got %s", gone.body)
	}
	for _, target := range []string{"/v1/videos/" + id, "/v1/videos/" + id + "/content"} {
		if a := ask(h, http.MethodGet, target, nil, ""); a.status != 404 {
			t.Errorf("%s of a deleted video: %d", target, a.status)
		}
	}
}

// boxes gives what the named path of MP4 boxes holds; nil when there is none.
func boxes(t *testing.T, b []byte, path ...string) []byte {
	t.Helper()
	for len(b) >= 8 {
		size := int(binary.BigEndian.Uint32(b))
		if size < 8 || size > len(b) {
			t.Fatalf("a box %q of %d bytes in %d", b[4:8], size, len(b))
		}
		if string(b[4:8]) == path[0] {
			if len(path) == 1 {
				return b[8:size]
			}
			return boxes(t, b[8:size], path[1:]...)
		}
		b = b[size:]
	}
	return nil
}

func TestTheContentOfAVideoIsAMovieOfItsLength(t *testing.T) {
	h := handler()
	id := filmed(t, h, `{"model":"video","prompt":"A gate","seconds":"8"}`)
	a := ask(h, http.MethodGet, "/v1/videos/"+id+"/content", nil, "")
	if a.status != 200 || a.header.Get("Content-Type") != "video/mp4" || len(a.body) > 4096 {
		t.Fatalf("%d, %d bytes of %s", a.status, len(a.body), a.header.Get("Content-Type"))
	}
	if long := boxes(t, a.body, "moov", "mvhd")[16:20]; binary.BigEndian.Uint32(long) != 8000 {
		t.Errorf("the movie is %d ms long", binary.BigEndian.Uint32(long))
	}
	table := []string{"moov", "trak", "mdia", "minf", "stbl"}
	size := binary.BigEndian.Uint32(boxes(t, a.body, append(table, "stsz")...)[12:])
	at := binary.BigEndian.Uint32(boxes(t, a.body, append(table, "stco")...)[8:])
	img, err := jpeg.Decode(bytes.NewReader(a.body[at : at+size]))
	if err != nil || img.Bounds().Dx() != 16 {
		t.Errorf("the frame: %v", err)
	}
	for _, variant := range []string{"thumbnail", "spritesheet"} {
		p := ask(h, http.MethodGet, "/v1/videos/"+id+"/content?variant="+variant, nil, "")
		if _, err := jpeg.Decode(bytes.NewReader(p.body)); err != nil || p.header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s: %v", variant, err)
		}
	}
	other := handler()
	again := filmed(t, other, `{"model":"video","prompt":"A gate","seconds":"8"}`)
	if b := ask(other, http.MethodGet, "/v1/videos/"+again+"/content", nil, ""); !bytes.Equal(a.body, b.body) {
		t.Error("the same request made another movie")
	}
}

func TestAVideoIsAskedForByJSONOrByAForm(t *testing.T) {
	h := handler()
	header, body := multi(map[string]string{"model": "video", "prompt": "A gate", "seconds": "12", "size": "1280x720"}, "ref.png", "x")
	for name, a := range map[string]answer{
		"form":   ask(h, http.MethodPost, "/v1/videos", header, body),
		"text":   postTo(h, "/v1/videos", `{"model":"video","prompt":"A gate","seconds":"12","size":"1280x720"}`),
		"number": postTo(h, "/v1/videos", `{"prompt":"A gate","seconds":12,"size":"1280x720"}`),
	} {
		if dig(t, a.body, "seconds") != "12" || dig(t, a.body, "size") != "1280x720" || dig(t, a.body, "model") != "video" || dig(t, a.body, "prompt") != "A gate" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
}

func TestAVideoIsMadeOfACompleteOne(t *testing.T) {
	h := handler()
	queued, done := film(t, h, gate), filmed(t, h, `{"prompt":"A gate","seconds":8}`)
	form, formBody := multi(map[string]string{"prompt": "At night", "video[id]": done}, "x", "x")
	for _, c := range []struct {
		name, target, body string
		header             http.Header
		status             int
		seconds            string
	}{
		{"remix", "/v1/videos/" + done + "/remix", `{"prompt":"At night"}`, nil, 200, "8"},
		{"edit", "/v1/videos/edits", `{"prompt":"At night","video":{"id":"` + done + `"}}`, nil, 200, "8"},
		{"edit by a form", "/v1/videos/edits", formBody, form, 200, "8"},
		{"extension", "/v1/videos/extensions", `{"prompt":"On","seconds":"6","video":{"id":"` + done + `"}}`, nil, 200, "14"},
		{"too long", "/v1/videos/extensions", `{"prompt":"On","seconds":"120","video":{"id":"` + done + `"}}`, nil, 400, ""},
		{"too early", "/v1/videos/" + queued + "/remix", `{"prompt":"At night"}`, nil, 400, ""},
		{"of none", "/v1/videos/video_1/remix", `{"prompt":"At night"}`, nil, 404, ""},
		{"of nothing", "/v1/videos/edits", `{"prompt":"At night"}`, nil, 400, ""},
	} {
		a := ask(h, http.MethodPost, c.target, c.header, c.body)
		if a.status != c.status {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
			continue
		}
		if c.status == 200 && (dig(t, a.body, "remixed_from_video_id") != done || dig(t, a.body, "seconds") != c.seconds || dig(t, a.body, "status") != "queued") {
			t.Errorf("%s: %s", c.name, a.body)
		}
	}
}

func TestManyReadersOfOneVideoGoOnTogether(t *testing.T) {
	h := handler()
	id := film(t, h, gate)
	var mu sync.Mutex
	seen := map[any]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			a := ask(h, http.MethodGet, "/v1/videos/"+id, nil, "")
			mu.Lock()
			defer mu.Unlock()
			seen[dig(t, a.body, "status")]++
		})
	}
	all.Wait()
	if seen["in_progress"] != 1 || seen["completed"] != 7 {
		t.Errorf("got %v", seen)
	}
}

func TestOldVideosGoWhenThereAreTooMany(t *testing.T) {
	h := handler()
	first := film(t, h, gate)
	for range 1000 {
		film(t, h, gate)
	}
	if a := ask(h, http.MethodGet, "/v1/videos/"+first, nil, ""); a.status != 404 {
		t.Error("the oldest video is still there")
	}
}
