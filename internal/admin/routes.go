package admin

import (
	"net/http"
	"reflect"
	"strings"
)

// version1 is where the API begins.
const version1 = "/api/v1"

// table lists every route of the API.
func (a *api) table() []route {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	routes := []route{
		read(get, "/entries", "listEntries", "List calls, newest first, those on their way to the store included.", concat(EntryFilters(), paging), a.listEntries),
		read(del, "/entries", "deleteEntries", "Delete every call that matches; at least one filter is needed.", EntryFilters(), a.deleteEntries),
		{Method: get, Path: "/entries/tail", Name: "tailEntries", Summary: "Follow new calls as server-sent events, each an event named entry.", Query: EntryFilters(), Status: http.StatusOK, serve: a.tail},
		read(get, "/entries/{id}", "getEntry", "One call with its attempts and bodies.", nil, a.getEntry),
		read(del, "/entries/{id}", "deleteEntry", "Delete one call and its bodies.", nil, a.deleteEntry),

		read(get, "/keys", "listKeys", "List keys, newest first. Secrets are never shown again.", concat(keyFilters, paging), a.listKeys),
		write(post, "/keys", "createKey", "Create a key. Its secret is in this answer and nowhere else.", http.StatusCreated, a.createKey),
		read(get, "/keys/{id}", "getKey", "One key.", nil, a.getKey),
		read(del, "/keys/{id}", "deleteKey", "Revoke a key: it is valid nowhere any more. It stays in lists, since entries name it.", nil, a.revokeKey),
		read(post, "/keys/{id}/revoke", "revokeKey", "Revoke a key, as DELETE does.", nil, a.revokeKey),

		read(get, "/workspaces", "listWorkspaces", "List workspaces, newest first.", paging, a.listWorkspaces),
		write(post, "/workspaces", "createWorkspace", "Create a workspace.", http.StatusCreated, a.createWorkspace),
		read(get, "/workspaces/{id}", "getWorkspace", "One workspace.", nil, a.getWorkspace),

		read(get, "/gateways", "listGateways", "The gateways in force, by name.", nil, a.listGateways),
		read(get, "/gateways/{name}", "getGateway", "One gateway.", nil, a.getGateway),
		read(get, "/providers", "listProviders", "The providers in force, by name, without secrets.", nil, a.listProviders),
		read(get, "/providers/{name}", "getProvider", "One provider, without secrets.", nil, a.getProvider),
		read(get, "/models", "listModels", "The models that providers are known to have, by provider and id. Others can be called too.", concat(modelFilters, paging), a.listModels),

		read(get, "/config", "getConfig", "The configuration in force, defaults included; secrets are shown as references.", nil, a.getConfig),
		{Method: post, Path: "/config/validate", Name: "validateConfig", Summary: "Check a document (YAML) as the gateway would at a reload. Nothing changes.",
			Body: reflect.TypeFor[string](), Media: "application/yaml", Answer: reflect.TypeFor[Validation](), Status: http.StatusOK, serve: a.validateConfig},
		read(get, "/health", "getHealth", "How the gateway is: version, store, spool, calls in flight.", nil, a.getHealth),
		read(get, "/openapi.json", "getOpenAPI", "This document.", nil, a.getOpenAPI),
	}
	for i := range routes {
		r := &routes[i]
		r.Tag = strings.TrimSuffix(strings.Split(r.Path, "/")[1], ".json")
		r.Path = version1 + r.Path
		r.segments = strings.Split(r.Path, "/")
	}
	return routes
}

func concat(a, b []Param) []Param { return append(a[:len(a):len(a)], b...) }
