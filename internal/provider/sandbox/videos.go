package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// Videos: https://platform.openai.com/docs/api-reference/videos. A job is queued when it
// is created, and goes one step with each time that it is read: in progress, then
// completed. Time has no part in it.

const (
	videoSeconds    = 4 // unless said
	maxVideoSeconds = 120
	videoSize       = "720x1280" // unless said; the picture is always the same small one
)

// video is a job as it is shown.
type video struct {
	ID          string    `json:"id"`
	Object      string    `json:"object"`
	Model       string    `json:"model"`
	Status      string    `json:"status"`
	Progress    int       `json:"progress"`
	CreatedAt   int64     `json:"created_at"`
	CompletedAt *int64    `json:"completed_at"`
	ExpiresAt   *int64    `json:"expires_at"`
	Error       *struct{} `json:"error"`
	Prompt      string    `json:"prompt"`
	Size        string    `json:"size"`
	Seconds     string    `json:"seconds"`
	RemixedFrom *string   `json:"remixed_from_video_id"`
	colour      [3]byte
	long        int // Seconds as a number
}

// step is the job one read later.
func (v video) step() video {
	switch v.Status {
	case "queued":
		v.Status, v.Progress = "in_progress", 50
	case "in_progress":
		made, gone := int64(epoch), int64(epoch+day)
		v.Status, v.Progress, v.CompletedAt, v.ExpiresAt = "completed", 100, &made, &gone
	}
	return v
}

// videoRequest asks for a video, or for a change of one.
type videoRequest struct {
	Model   string      `json:"model"`
	Prompt  string      `json:"prompt"`
	Size    string      `json:"size"`
	Seconds json.Number `json:"seconds"` // SDKs send a string
	Source  struct {
		ID string `json:"id"`
	} `json:"video"`
	long int
}

// videoRequest reads a request as JSON or as a form. A reference picture may come
// with it, and changes nothing.
func (x *exchange) videoRequest() (*videoRequest, *problem) {
	q := &videoRequest{}
	if strings.HasPrefix(x.r.Header.Get("Content-Type"), "multipart/") {
		f, p := x.form()
		if p != nil {
			return nil, p
		}
		q.Model, q.Prompt, q.Size = f.fields.Get("model"), f.fields.Get("prompt"), f.fields.Get("size")
		q.Seconds, q.Source.ID = json.Number(f.fields.Get("seconds")), f.fields.Get("video[id]")
	} else if p := x.decode(q); p != nil {
		return nil, p
	}
	return q, q.check()
}

func (q *videoRequest) check() *problem {
	if q.Prompt == "" {
		return missing("prompt")
	}
	if q.Seconds != "" {
		n, err := strconv.Atoi(q.Seconds.String())
		if err != nil || n < 1 || n > maxVideoSeconds {
			return invalid("seconds", "'seconds' must be a whole number from 1 to 120")
		}
		q.long = n
	}
	if q.Size != "" {
		width, height, _ := strings.Cut(q.Size, "x")
		w, err1 := strconv.ParseUint(width, 10, 12)
		h, err2 := strconv.ParseUint(height, 10, 12)
		if err1 != nil || err2 != nil || w*h == 0 {
			return invalid("size", "'size' must be a width and a height below 4,096, as "+videoSize)
		}
	}
	return nil
}

func createVideo(x *exchange) *problem {
	q, p := x.videoRequest()
	if p != nil {
		return p
	}
	if p := x.use(films, cmp.Or(q.Model, "video")); p != nil {
		return p
	}
	return x.answer(x.newVideo(q.Prompt, cmp.Or(q.Size, videoSize), cmp.Or(q.long, videoSeconds), nil))
}

// newVideo stores a job at its beginning.
func (x *exchange) newVideo(prompt, size string, long int, from *string) video {
	v := video{
		ID: x.seed.id("video_", x.server.videos.next()), Object: "video", Model: x.name, Status: "queued", CreatedAt: epoch,
		Prompt: prompt, Size: size, Seconds: strconv.Itoa(long), RemixedFrom: from, long: long,
	}
	copy(v.colour[:], x.seed[:])
	x.server.videos.put(v.ID, v, len(encode(v)))
	return v
}

// remixVideo makes a video of the one that the path names.
func remixVideo(x *exchange) *problem {
	return x.changeVideo(func(*videoRequest) string { return x.r.PathValue("id") }, 0)
}

// editVideo makes a video of the one that the body names.
func editVideo(x *exchange) *problem { return x.changeVideo((*videoRequest).source, 0) }

// extendVideo makes a longer one.
func extendVideo(x *exchange) *problem { return x.changeVideo((*videoRequest).source, videoSeconds) }

func (q *videoRequest) source() string { return q.Source.ID }

// changeVideo makes a video of another, which must be complete; longer is by how many
// seconds, unless the request says it.
func (x *exchange) changeVideo(source func(*videoRequest) string, longer int) *problem {
	q, p := x.videoRequest()
	if p != nil {
		return p
	}
	id := source(q)
	if id == "" {
		return missing("video")
	}
	from, p := x.completeVideo(id)
	if p != nil {
		return p
	}
	if longer > 0 {
		longer = cmp.Or(q.long, longer)
	}
	if from.long+longer > maxVideoSeconds {
		return invalid("seconds", "a video cannot be longer than 120 seconds")
	}
	if p := x.use(films, from.Model); p != nil {
		return p
	}
	return x.answer(x.newVideo(q.Prompt, from.Size, from.long+longer, &from.ID))
}

// completeVideo gives a video whose job has ended, without going on with the job.
func (x *exchange) completeVideo(id string) (video, *problem) {
	v, ok := x.server.videos.get(id)
	switch {
	case !ok:
		return v, notFound("video", id)
	case v.Status != "completed":
		return v, &problem{
			status: http.StatusBadRequest, code: "video_not_ready",
			message: "the video is " + v.Status + ": it is ready when GET /v1/videos/" + id + " says completed",
		}
	}
	return v, nil
}

func getVideo(x *exchange) *problem {
	id := x.r.PathValue("id")
	v, ok := x.server.videos.change(id, video.step)
	if !ok {
		return notFound("video", id)
	}
	return x.answer(v)
}

func listVideos(x *exchange) *problem {
	list := openaiPage[video]{Object: "list", Data: x.server.videos.list()}
	if n := len(list.Data); n > 0 {
		list.FirstID, list.LastID = encode(list.Data[0].ID), encode(list.Data[n-1].ID)
	}
	return x.answer(list)
}

func deleteVideo(x *exchange) *problem {
	id := x.r.PathValue("id")
	if !x.server.videos.remove(id) {
		return notFound("video", id)
	}
	return x.answer(deleted{ID: id, Object: "video.deleted", Deleted: true})
}

// videoContent gives the movie, or one of the pictures that stand for it.
func videoContent(x *exchange) *problem {
	v, p := x.completeVideo(x.r.PathValue("id"))
	if p != nil {
		return p
	}
	switch variant := x.r.URL.Query().Get("variant"); variant {
	case "", "video":
		x.write(http.StatusOK, "video/mp4", movie(frame(v.colour), v.long))
	case "thumbnail", "spritesheet":
		x.write(http.StatusOK, "image/jpeg", frame(v.colour))
	default:
		return invalid("variant", "'variant' must be video, thumbnail or spritesheet, not "+quote(variant))
	}
	return nil
}
