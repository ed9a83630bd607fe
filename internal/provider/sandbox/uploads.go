package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Uploads in parts: https://platform.openai.com/docs/api-reference/uploads. Parts may
// come in any order and at the same time; the file exists from the completion on.

// partedUpload is an upload as it is shown.
type partedUpload struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Bytes     int    `json:"bytes"`
	CreatedAt int64  `json:"created_at"`
	ExpiresAt int64  `json:"expires_at"`
	Filename  string `json:"filename"`
	Purpose   string `json:"purpose"`
	Status    string `json:"status"`
	File      any    `json:"file"`
	mime      string
}

// part of an upload.
type uploadPart struct {
	id, upload string
	data       []byte
}

func createUpload(x *exchange) *problem {
	var q struct {
		Filename string `json:"filename"`
		Purpose  string `json:"purpose"`
		Bytes    *int   `json:"bytes"`
		MimeType string `json:"mime_type"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	switch {
	case q.Filename == "":
		return missing("filename")
	case q.Purpose == "":
		return missing("purpose")
	case q.Bytes == nil:
		return missing("bytes")
	case *q.Bytes < 1 || *q.Bytes > maxBody:
		return invalid("bytes", fmt.Sprintf("'bytes' must be from 1 to %d: the sandbox takes files up to 64 MiB", maxBody))
	}
	u := partedUpload{
		ID: x.seed.id("upload_", x.server.parted.next()), Object: "upload", Bytes: *q.Bytes, CreatedAt: epoch, ExpiresAt: epoch + 60*60,
		Filename: q.Filename, Purpose: q.Purpose, Status: "pending", mime: q.MimeType,
	}
	x.server.parted.put(u.ID, u, len(x.body))
	return x.answer(u)
}

// pendingUpload gives the upload of the path, if it is still going on.
func (x *exchange) pendingUpload() (partedUpload, *problem) {
	id := x.r.PathValue("id")
	u, ok := x.server.parted.get(id)
	switch {
	case !ok:
		return u, notFound("upload", id)
	case u.Status != "pending":
		return u, invalid("", "the upload "+quote(id)+" is "+u.Status+" already")
	}
	return u, nil
}

func addPart(x *exchange) *problem {
	u, p := x.pendingUpload()
	if p != nil {
		return p
	}
	f, p := x.form()
	if p != nil {
		return p
	}
	sent, p := f.file("data")
	if p != nil {
		return p
	}
	id := x.seed.id("part_", x.server.parts.next())
	x.server.parts.put(id, uploadPart{id, u.ID, sent.data}, len(sent.data))
	return x.answer(struct {
		ID        string `json:"id"`
		Object    string `json:"object"`
		CreatedAt int64  `json:"created_at"`
		UploadID  string `json:"upload_id"`
	}{id, "upload.part", epoch, u.ID})
}

func completeUpload(x *exchange) *problem {
	var q struct {
		Parts []string `json:"part_ids"`
		MD5   string   `json:"md5"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	u, p := x.pendingUpload()
	if p != nil {
		return p
	}
	data, p := x.join(&u, q.Parts)
	if p != nil {
		return p
	}
	if sum := md5.Sum(data); q.MD5 != "" && !strings.EqualFold(q.MD5, hex.EncodeToString(sum[:])) {
		return invalid("md5", "'md5' is not the checksum of the parts")
	}
	if u, p = x.endUpload("completed"); p != nil {
		return p
	}
	f := x.keepFile(file{name: u.Filename, mime: u.mime, purpose: u.Purpose, data: data})
	u.File = f.wire()
	return x.answer(u)
}

// join puts the parts of an upload together, in the order of their ids.
func (x *exchange) join(u *partedUpload, ids []string) ([]byte, *problem) {
	if len(ids) == 0 {
		return nil, missing("part_ids")
	}
	var parts [][]byte
	size := 0
	for _, id := range ids {
		part, ok := x.server.parts.get(id)
		if !ok || part.upload != u.ID {
			return nil, notFound("part", id)
		}
		parts = append(parts, part.data)
		size += len(part.data)
	}
	if size != u.Bytes {
		return nil, invalid("part_ids", fmt.Sprintf("the parts have %d bytes together, but the upload was to have %d", size, u.Bytes))
	}
	return slices.Concat(parts...), nil
}

// endUpload ends a pending upload, which only one of several callers can do, and lets
// its parts go.
func (x *exchange) endUpload(status string) (partedUpload, *problem) {
	mine := false
	u, _ := x.server.parted.change(x.r.PathValue("id"), func(u partedUpload) partedUpload {
		if mine = u.Status == "pending"; mine {
			u.Status = status
		}
		return u
	})
	if !mine {
		_, p := x.pendingUpload()
		return u, p
	}
	for _, part := range x.server.parts.list() {
		if part.upload == u.ID {
			x.server.parts.remove(part.id)
		}
	}
	return u, nil
}

func cancelUpload(x *exchange) *problem {
	u, p := x.endUpload("cancelled")
	if p != nil {
		return p
	}
	return x.answer(u)
}
