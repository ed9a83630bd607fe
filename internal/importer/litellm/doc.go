// Package litellm reads what a LiteLLM proxy was configured with, its config.yaml and its
// key table, and gives a document of Sluice's and gateway keys. It tells everything that
// it could not carry, by line; it writes nothing itself.
//
// The settings are those of https://docs.litellm.ai/docs/proxy/config_settings.
package litellm
