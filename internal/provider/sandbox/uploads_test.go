package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// uploading begins an upload of so many bytes and gives its path.
func uploading(t *testing.T, h http.Handler, size int) string {
	t.Helper()
	a := postTo(h, "/v1/uploads", fmt.Sprintf(`{"filename":"in.jsonl","purpose":"batch","bytes":%d,"mime_type":"application/jsonl"}`, size))
	if a.status != 200 || dig(t, a.body, "status") != "pending" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return "/v1/uploads/" + dig(t, a.body, "id").(string)
}

// sendPart adds a part to an upload.
func sendPart(t *testing.T, h http.Handler, target, data string) answer {
	t.Helper()
	header, body := multi(nil, "part", data)
	return ask(h, http.MethodPost, target+"/parts", header, strings.Replace(body, `name="file"`, `name="data"`, 1))
}

func partID(t *testing.T, a answer) string {
	t.Helper()
	id, _ := dig(t, a.body, "id").(string)
	if a.status != 200 || id == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return id
}

func TestACompletedUploadIsAFileOfItsPartsInTheirOrder(t *testing.T) {
	h := handler()
	to := uploading(t, h, 6)
	b, a := partID(t, sendPart(t, h, to, "def")), partID(t, sendPart(t, h, to, "abc"))
	done := postTo(h, to+"/complete", fmt.Sprintf(`{"part_ids":["%s","%s"],"md5":"e80b5017098950fc58aad83c8c14978e"}`, a, b))
	if done.status != 200 || dig(t, done.body, "status") != "completed" || dig(t, done.body, "file", "filename") != "in.jsonl" {
		t.Fatalf("%d %s", done.status, done.body)
	}
	id := dig(t, done.body, "file", "id").(string)
	if got := ask(h, http.MethodGet, "/v1/files/"+id+"/content", nil, ""); string(got.body) != "abcdef" || got.header.Get("Content-Type") != "application/jsonl" {
		t.Errorf("the file is %q", got.body)
	}
	if got := ask(h, http.MethodGet, "/v1/files?purpose=batch", nil, ""); dig(t, got.body, "data", 0, "id") != id {
		t.Errorf("the list is %s", got.body)
	}
	for name, again := range map[string]answer{
		"complete": postTo(h, to+"/complete", fmt.Sprintf(`{"part_ids":["%s","%s"]}`, a, b)),
		"cancel":   postTo(h, to+"/cancel", ""),
		"part":     sendPart(t, h, to, "ghi"),
	} {
		if again.status != 400 || !strings.Contains(fmt.Sprint(dig(t, again.body, "error", "message")), "completed") {
			t.Errorf("%s after the end: %d %s", name, again.status, again.body)
		}
	}
}

func TestAnUploadThatDoesNotFitTogetherStaysPending(t *testing.T) {
	h := handler()
	to, other := uploading(t, h, 3), uploading(t, h, 3)
	own, foreign := partID(t, sendPart(t, h, to, "abc")), partID(t, sendPart(t, h, other, "abc"))
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"no parts", `{}`, 400},
		{"too many bytes", fmt.Sprintf(`{"part_ids":["%s","%s"]}`, own, own), 400},
		{"the part of another", fmt.Sprintf(`{"part_ids":["%s"]}`, foreign), 404},
		{"another checksum", fmt.Sprintf(`{"part_ids":["%s"],"md5":"00"}`, own), 400},
		{"in the end", fmt.Sprintf(`{"part_ids":["%s"]}`, own), 200},
	} {
		if a := postTo(h, to+"/complete", c.body); a.status != c.status {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
}

func TestACancelledUploadIsNoFile(t *testing.T) {
	h := handler()
	to := uploading(t, h, 3)
	id := partID(t, sendPart(t, h, to, "abc"))
	if a := postTo(h, to+"/cancel", ""); dig(t, a.body, "status") != "cancelled" {
		t.Errorf("got %s", a.body)
	}
	if a := postTo(h, to+"/complete", `{"part_ids":["`+id+`"]}`); a.status != 400 {
		t.Errorf("complete after a cancel: %d", a.status)
	}
	if a := postTo(h, "/v1/uploads/upload_1/cancel", ""); a.status != 404 {
		t.Errorf("an unknown upload: %d", a.status)
	}
}

func TestOldPartsGoWhenThereIsTooMuchOfThem(t *testing.T) {
	h := handler()
	to := uploading(t, h, 30<<20)
	data := strings.Repeat("x", 30<<20)
	first := partID(t, sendPart(t, h, to, data))
	for range 2 {
		partID(t, sendPart(t, h, to, data))
	}
	if a := postTo(h, to+"/complete", `{"part_ids":["`+first+`"]}`); a.status != 404 {
		t.Errorf("%d: 90 MiB of parts are kept", a.status)
	}
}
