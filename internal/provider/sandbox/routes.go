package sandbox

// routes are all paths.
func (s *server) routes() {
	s.openaiRoutes()
	s.videoRoutes()
	s.uploadRoutes()
	s.sharedRoutes()
	s.messagesRoutes()
	s.cohereRoutes()
	for _, version := range []string{"/v1beta", "/v1"} {
		s.geminiRoutes(version)
	}
	s.on("/", shared, noSuchPath)
}

func (s *server) openaiRoutes() {
	s.on("POST /v1/chat/completions", openai, chat)
	s.on("POST /v1/completions", openai, completions)
	s.on("POST /v1/embeddings", openai, embeddings)
	s.on("POST /v1/moderations", openai, moderations)
	s.on("POST /v1/rerank", openai, rerank)
	s.on("POST /v1/images/generations", openai, imageGeneration)
	s.on("POST /v1/images/edits", openai, imageEdit)
	s.on("POST /v1/images/variations", openai, imageEdit)
	s.on("POST /v1/audio/speech", openai, speech)
	s.on("POST /v1/audio/transcriptions", openai, transcription)
	s.on("POST /v1/audio/translations", openai, transcription)
	s.on("POST /v1/responses", openai, responses)
	s.on("POST /v1/responses/input_tokens", openai, inputTokens)
	s.on("POST /v1/responses/compact", openai, compact)
	s.on("GET /v1/responses/{id}", openai, getResponse)
	s.on("DELETE /v1/responses/{id}", openai, deleteResponse)
	s.on("POST /v1/responses/{id}/cancel", openai, cancelResponse)
	s.on("GET /v1/responses/{id}/input_items", openai, responseInput)
	s.on("POST /v1/batches", openai, createBatch)
	s.on("POST /v1/batches/{id}/cancel", openai, getBatch)
}

func (s *server) videoRoutes() {
	s.on("POST /v1/videos", openai, createVideo)
	s.on("GET /v1/videos", openai, listVideos)
	s.on("POST /v1/videos/edits", openai, editVideo)
	s.on("POST /v1/videos/extensions", openai, extendVideo)
	s.on("GET /v1/videos/{id}", openai, getVideo)
	s.on("DELETE /v1/videos/{id}", openai, deleteVideo)
	s.on("GET /v1/videos/{id}/content", openai, videoContent)
	s.on("POST /v1/videos/{id}/remix", openai, remixVideo)
}

func (s *server) uploadRoutes() {
	s.on("POST /v1/uploads", openai, createUpload)
	s.on("POST /v1/uploads/{id}/parts", openai, addPart)
	s.on("POST /v1/uploads/{id}/complete", openai, completeUpload)
	s.on("POST /v1/uploads/{id}/cancel", openai, cancelUpload)
}

// sharedRoutes belong to several dialects; the headers decide.
func (s *server) sharedRoutes() {
	s.on("GET /v1/models", shared, listModels)
	s.on("GET /v1/models/{rest...}", shared, oneModel)
	s.on("POST /v1/files", shared, createFile)
	s.on("GET /v1/files", shared, listFiles)
	s.on("GET /v1/files/{id}", shared, getFile)
	s.on("GET /v1/files/{id}/content", shared, fileContent)
	s.on("DELETE /v1/files/{id}", shared, deleteFile)
	s.on("GET /v1/batches", shared, listBatches)
	s.on("GET /v1/batches/{id}", shared, getBatch)
}

func (s *server) messagesRoutes() {
	s.on("POST /v1/messages", anthropic, messages)
	s.on("POST /v1/messages/count_tokens", anthropic, countTokens)
	s.on("POST /v1/complete", anthropic, complete)
	s.on("POST /v1/messages/batches", anthropic, createMessageBatch)
	s.on("GET /v1/messages/batches", anthropic, listMessageBatches)
	s.on("GET /v1/messages/batches/{id}", anthropic, getBatch)
	s.on("DELETE /v1/messages/batches/{id}", anthropic, deleteMessageBatch)
	s.on("POST /v1/messages/batches/{id}/cancel", anthropic, getBatch)
	s.on("GET /v1/messages/batches/{id}/results", anthropic, messageBatchResults)
}

func (s *server) cohereRoutes() {
	s.on("POST /v2/chat", cohere, cohereChat)
	s.on("POST /v2/embed", cohere, cohereEmbed)
	s.on("POST /v2/rerank", cohere, cohereRerank)
}

// geminiRoutes are those of one version; under /v1 the shared ones stand already.
func (s *server) geminiRoutes(version string) {
	s.on("POST "+version+"/models/{rest...}", gemini, geminiModelCall)
	s.on("POST /upload"+version+"/files", gemini, uploadGemini)
	s.on("GET /download"+version+"/files/{id}", gemini, getFile)
	s.on("POST "+version+"/cachedContents", gemini, createCache)
	s.on("GET "+version+"/cachedContents", gemini, listCaches)
	s.on("GET "+version+"/cachedContents/{id}", gemini, getCache)
	s.on("PATCH "+version+"/cachedContents/{id}", gemini, patchCache)
	s.on("DELETE "+version+"/cachedContents/{id}", gemini, deleteCache)
	s.on("POST "+version+"/batches/{id}", gemini, geminiBatchCall)
	s.on("DELETE "+version+"/batches/{id}", gemini, deleteGeminiBatch)
	if version == "/v1" {
		return
	}
	s.on("GET "+version+"/batches", gemini, listBatches)
	s.on("GET "+version+"/batches/{id}", gemini, getBatch)
	s.on("GET "+version+"/models", gemini, listModels)
	s.on("GET "+version+"/models/{rest...}", gemini, oneModel)
	s.on("POST "+version+"/files", gemini, createFile)
	s.on("GET "+version+"/files", gemini, listFiles)
	s.on("GET "+version+"/files/{id}", gemini, getFile)
	s.on("DELETE "+version+"/files/{id}", gemini, deleteFile)
}
