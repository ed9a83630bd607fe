// Package openai is the dialect of OpenAI's operations beside conversation
// (embeddings, images, audio, videos, rerank, files, batches, models), and what its
// whole family shares: error objects and usage.
//
// It does not read conversations; openaichat and openairesponses do.
package openai

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Family is the name of the family of dialects that share this package's errors.
const Family = "openai"

// KeepAlive is a comment, which this family's SDKs pass over.
const KeepAlive = ": keep-alive\n\n"

// Dialect is the dialect
// (https://platform.openai.com/docs/api-reference).
var Dialect = &dialect.Dialect{
	Name:              dialect.OpenAI,
	Family:            Family,
	Endpoints:         endpoints(),
	FormatModels:      formatModels,
	FormatModel:       formatModel,
	NewMeter:          newMeter,
	ParseError:        ParseError,
	FormatError:       FormatError,
	FormatStreamError: FormatStreamError,
	KeepAlive:         []byte(KeepAlive),
	Digest:            digest,
	Ops:               ops,
}

func endpoints() []dialect.Endpoint {
	var all []dialect.Endpoint
	all = append(all, modelCalls...)
	all = append(all, videos...)
	all = append(all, files...)
	all = append(all, batches...)
	return append(all, models...)
}

const (
	get  = http.MethodGet
	post = http.MethodPost
	del  = http.MethodDelete
)

var modelCalls = []dialect.Endpoint{
	{Method: post, Pattern: "/v1/embeddings", Op: llm.OpEmbeddings, Body: dialect.JSON, Model: dialect.InBody},
	{Method: post, Pattern: "/v1/moderations", Op: llm.OpModerations, Body: dialect.JSON, Model: dialect.InBody},
	{Method: post, Pattern: "/v1/rerank", Op: llm.OpRerank, Body: dialect.JSON, Model: dialect.InBody},
	{Method: post, Pattern: "/v1/images/generations", Op: llm.OpImages, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember},
	{Method: post, Pattern: "/v1/images/edits", Op: llm.OpImages, Body: dialect.Multipart, Model: dialect.InForm, Streaming: dialect.ByMember},
	{Method: post, Pattern: "/v1/images/variations", Op: llm.OpImages, Body: dialect.Multipart, Model: dialect.InForm},
	{Method: post, Pattern: "/v1/audio/speech", Op: llm.OpSpeech, Body: dialect.JSON, Model: dialect.InBody},
	{Method: post, Pattern: "/v1/audio/transcriptions", Op: llm.OpTranscription, Body: dialect.Multipart, Model: dialect.InForm, Streaming: dialect.ByMember},
	{Method: post, Pattern: "/v1/audio/translations", Op: llm.OpTranscription, Body: dialect.Multipart, Model: dialect.InForm},
}

// The kinds of object that this dialect's paths name.
const (
	kindVideo = "video"
	kindFile  = "file"
	kindBatch = "batch"
)

func creates(kind string) dialect.ObjectRule {
	return dialect.ObjectRule{Kind: kind, Creates: true, IDAt: "id"}
}

func names(kind string) dialect.ObjectRule {
	return dialect.ObjectRule{Kind: kind, Names: true, IDAt: "id"}
}

func deletes(kind string) dialect.ObjectRule {
	return dialect.ObjectRule{Kind: kind, Names: true, Deletes: true, IDAt: "id"}
}

func lists(kind string) dialect.ObjectRule {
	return dialect.ObjectRule{Kind: kind, Lists: true, IDAt: "id", Items: "data"}
}

// fromVideo is a new video made from one that the body names.
var fromVideo = dialect.ObjectRule{Kind: kindVideo, Creates: true, IDAt: "id", Refers: map[string]string{"video.id": kindVideo}}

// remix is a new video made from one that the path names.
var remix = dialect.ObjectRule{Kind: kindVideo, Creates: true, Names: true, IDAt: "id"}

var videos = []dialect.Endpoint{
	{Method: post, Pattern: "/v1/videos", Op: llm.OpVideos, Body: dialect.Multipart, Model: dialect.InForm, Object: creates(kindVideo)},
	{Method: get, Pattern: "/v1/videos", Op: llm.OpVideos, Object: lists(kindVideo)},
	{Method: post, Pattern: "/v1/videos/edits", Op: llm.OpVideos, Body: dialect.JSON, Object: fromVideo},
	{Method: post, Pattern: "/v1/videos/extensions", Op: llm.OpVideos, Body: dialect.JSON, Object: fromVideo},
	{Method: get, Pattern: "/v1/videos/{id}", Op: llm.OpVideos, Object: names(kindVideo)},
	{Method: del, Pattern: "/v1/videos/{id}", Op: llm.OpVideos, Object: deletes(kindVideo)},
	{Method: get, Pattern: "/v1/videos/{id}/content", Op: llm.OpVideos, Object: names(kindVideo)},
	{Method: post, Pattern: "/v1/videos/{id}/remix", Op: llm.OpVideos, Body: dialect.JSON, Object: remix},
}

// finished is the file that a finished upload has become.
var finished = dialect.ObjectRule{Kind: kindFile, Creates: true, Names: true, IDAt: "file.id"}

var files = []dialect.Endpoint{
	{Method: post, Pattern: "/v1/files", Op: llm.OpFiles, Body: dialect.Opaque, Object: creates(kindFile), Shared: true},
	{Method: get, Pattern: "/v1/files", Op: llm.OpFiles, Object: lists(kindFile), Shared: true},
	{Method: get, Pattern: "/v1/files/{id}", Op: llm.OpFiles, Object: names(kindFile), Shared: true},
	{Method: del, Pattern: "/v1/files/{id}", Op: llm.OpFiles, Object: deletes(kindFile), Shared: true},
	{Method: get, Pattern: "/v1/files/{id}/content", Op: llm.OpFiles, Object: names(kindFile), Shared: true},
	{Method: post, Pattern: "/v1/uploads", Op: llm.OpFiles, Body: dialect.JSON, Object: creates(kindFile)},
	{Method: post, Pattern: "/v1/uploads/{id}/parts", Op: llm.OpFiles, Body: dialect.Opaque, Object: names(kindFile)},
	{Method: post, Pattern: "/v1/uploads/{id}/complete", Op: llm.OpFiles, Body: dialect.JSON, Object: finished},
	{Method: post, Pattern: "/v1/uploads/{id}/cancel", Op: llm.OpFiles, Body: dialect.Opaque, Object: names(kindFile)},
}

// newBatch is a batch of the requests in a file.
var newBatch = dialect.ObjectRule{Kind: kindBatch, Creates: true, IDAt: "id|batch_id|job.id", Refers: map[string]string{"input_file_id": kindFile}}

// batch is a batch that may have brought forth files.
var batch = dialect.ObjectRule{Kind: kindBatch, Names: true, Yields: map[string]string{"output_file_id": kindFile, "error_file_id": kindFile, "output_file": kindFile, "error_file": kindFile}}

var batches = []dialect.Endpoint{
	{Method: post, Pattern: "/v1/batches", Op: llm.OpBatches, Body: dialect.JSON, Object: newBatch},
	{Method: get, Pattern: "/v1/batches", Op: llm.OpBatches, Object: lists(kindBatch)},
	{Method: get, Pattern: "/v1/batches/{id}", Op: llm.OpBatches, Object: batch},
	{Method: post, Pattern: "/v1/batches/{id}/cancel", Op: llm.OpBatches, Body: dialect.Opaque, Object: batch},
}

var models = []dialect.Endpoint{
	{Method: get, Pattern: "/v1/models", Op: llm.OpModels, Shared: true},
	{Method: get, Pattern: "/v1/models/{model}", Op: llm.OpModels, Model: dialect.InPath, Shared: true},
}
