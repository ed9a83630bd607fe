// Command chat calls one gateway with three SDKs.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"
	"google.golang.org/genai"
)

func main() {
	ctx := context.Background()
	url, key := cmp.Or(os.Getenv("SLUICE_URL"), "http://127.0.0.1:8080"), os.Getenv("SLUICE_KEY")
	for _, call := range []func(ctx context.Context, url, key string) error{viaOpenAI, viaAnthropic, viaGemini} {
		if err := call(ctx, url, key); err != nil {
			log.Fatal(err)
		}
	}
}

func viaOpenAI(ctx context.Context, url, key string) error {
	client := openai.NewClient(openaioption.WithBaseURL(url+"/v1/"), openaioption.WithAPIKey(key))
	stream := client.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{
		Model:    "sandbox/chat",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello from OpenAI's SDK")},
	})
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			fmt.Print(choice.Delta.Content)
		}
	}
	fmt.Println()
	return stream.Err()
}

func viaAnthropic(ctx context.Context, url, key string) error {
	client := anthropic.NewClient(anthropicoption.WithBaseURL(url+"/"), anthropicoption.WithAPIKey(key))
	message, err := client.Messages.New(ctx, anthropic.MessageNewParams{
		Model:     "sandbox/chat",
		MaxTokens: 100,
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Hello from Anthropic's SDK"))},
	})
	if err != nil {
		return err
	}
	fmt.Println(message.Content[0].Text)
	return nil
}

func viaGemini(ctx context.Context, url, key string) error {
	client, err := genai.NewClient(ctx, &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: url},
	})
	if err != nil {
		return err
	}
	answer, err := client.Models.GenerateContent(ctx, "sandbox/chat", genai.Text("Hello from Google's SDK"), nil)
	if err != nil {
		return err
	}
	fmt.Println(answer.Text())
	return nil
}
