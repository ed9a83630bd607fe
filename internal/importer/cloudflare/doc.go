// Package cloudflare reads dynamic routes of Cloudflare's AI Gateway, as its API gives
// them or its documents write them, and gives a document of Sluice's with the same routes.
// It tells everything that it could not carry; it writes nothing itself.
//
// The elements of a route: https://developers.cloudflare.com/ai-gateway/features/dynamic-routing/json-configuration/
package cloudflare
