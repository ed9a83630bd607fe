package admin

import (
	"net/http"
	"slices"
	"strings"
)

// version1 is where the API begins.
const version1 = "/api/v1"

// table lists every route of the API, each with who may call it.
func (a *api) table() []route {
	routes := slices.Concat(a.entryRoutes(), a.keyRoutes(), a.tenantRoutes(), a.authRoutes(), a.tokenRoutes(), a.moneyRoutes(), a.alertRoutes(), a.credentialRoutes(), a.trafficRoutes(), a.playgroundRoutes(), a.cacheRoutes(), a.analyticsRoutes(), a.configRoutes(), a.auditRoutes(), a.privacyRoutes(), a.backupRoutes(), a.doctorRoutes(), a.systemRoutes())
	routes = append(routes, a.exportRoutes()...)
	for i := range routes {
		r := &routes[i]
		r.Tag = strings.TrimSuffix(strings.Split(r.Path, "/")[1], ".json")
		r.Path = version1 + r.Path
		r.segments = strings.Split(r.Path, "/")
		r.deed = deedOf(r)
	}
	return routes
}

const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete

func (a *api) entryRoutes() []route {
	return []route{
		read(viewers, get, "/entries", "listEntries", "List calls, newest first, those on their way to the store included.", slices.Concat(EntryFilters(), searchParam, paging), a.listEntries),
		read(owners, del, "/entries", "deleteEntries", "Delete every call that matches; at least one filter is needed.", EntryFilters(), a.deleteEntries),
		{Access: viewers, Method: get, Path: "/entries/tail", Name: "tailEntries", Summary: "Follow new calls as server-sent events, each an event named entry.", Query: EntryFilters(), Status: http.StatusOK, serve: a.tail},
		read(viewers, get, "/entries/{id}", "getEntry", "One call with its attempts and bodies.", nil, a.getEntry),
		write(editors, put, "/entries/{id}/feedback", "rateEntry", "Say what you think of a call's answer, in the place of what was said before.", http.StatusOK, a.rateEntry),
		long(write(editors, post, "/entries/{id}/replay", "replayEntry", "Make a recorded call once more, through all policies, and wait for its end. Its entry is a new one.", http.StatusOK, a.replayEntry)),
		read(viewers, get, "/sessions", "listSessions", "Conversations and runs of agents: calls that name the same session or trace, the latest first.", concat(sessionFilters, paging), a.listSessions),
		read(owners, del, "/entries/{id}", "deleteEntry", "Delete one call and its bodies.", nil, a.deleteEntry),
	}
}

func (a *api) keyRoutes() []route {
	return []route{
		read(viewers, get, "/keys", "listKeys", "List keys, newest first. Secrets are never shown again.", concat(keyFilters, paging), a.listKeys),
		read(viewers, get, "/keys/usage", "getKeyUsage", "What some keys did over time, and when each was used last.", keyUseParams, a.getKeyUsage),
		write(editors, post, "/keys", "createKey", "Create a key. Its secret is in this answer and nowhere else.", http.StatusCreated, a.createKey),
		read(viewers, get, "/keys/{id}", "getKey", "One key.", nil, a.getKey),
		write(editors, patch, "/keys/{id}", "updateKey", "Change a key; what is not given stays.", http.StatusOK, a.updateKey),
		read(editors, del, "/keys/{id}", "deleteKey", "Revoke a key: it is valid nowhere any more. It stays in lists, since entries name it.", nil, a.revokeKey),
		read(editors, post, "/keys/{id}/revoke", "revokeKey", "Revoke a key, as DELETE does.", nil, a.revokeKey),
		write(editors, post, "/keys/{id}/rotate", "rotateKey", "Give a key a new secret, which is in this answer and nowhere else.", http.StatusOK, a.rotateKey),
		read(editors, post, "/keys/{id}/disable", "disableKey", "Make a key invalid until it is enabled again.", nil, a.disableKey),
		read(editors, post, "/keys/{id}/enable", "enableKey", "Undo disable. A revoked key stays revoked.", nil, a.enableKey),
	}
}

func (a *api) tenantRoutes() []route {
	return []route{
		read(viewers, get, "/workspaces", "listWorkspaces", "List workspaces, newest first: those where the caller has a role.", paging, a.listWorkspaces),
		write(admins, post, "/workspaces", "createWorkspace", "Create a workspace.", http.StatusCreated, a.createWorkspace),
		read(viewers, get, "/workspaces/{id}", "getWorkspace", "One workspace.", nil, a.getWorkspace),
		read(owners, get, "/workspaces/{id}/contents", "getWorkspaceContents", "What a workspace holds, and so what its deletion would take or is kept from by.", nil, a.getContents),
		write(owners, patch, "/workspaces/{id}", "updateWorkspace", "Rename a workspace.", http.StatusOK, a.updateWorkspace),
		read(admins, del, "/workspaces/{id}", "deleteWorkspace", "Delete a workspace that has no valid keys, credentials and entries any more.", nil, a.deleteWorkspace),

		read(viewers, get, "/members", "listMembers", "List the members of a workspace, newest first.", concat(memberFilters, paging), a.listMembers),
		write(owners, put, "/members/{workspace}/{user}", "putMember", "Make a user, by id or e-mail address, a member, or change the role.", http.StatusOK, a.putMember),
		read(owners, del, "/members/{workspace}/{user}", "deleteMember", "End a membership. The last owner stays.", nil, a.deleteMember),

		read(admins, get, "/users", "listUsers", "List users, newest first.", concat(userFilters, paging), a.listUsers),
		write(admins, post, "/users", "createUser", "Create a user.", http.StatusCreated, a.createUser),
		read(admins, get, "/users/{id}", "getUser", "One user.", nil, a.getUser),
		write(admins, patch, "/users/{id}", "updateUser", "Change a user; what is not given stays.", http.StatusOK, a.updateUser),
		read(admins, del, "/users/{id}", "deleteUser", "Delete a user with memberships, tokens and sessions. Single sign-on would make him or her anew: disable instead.", nil, a.deleteUser),
	}
}

func (a *api) authRoutes() []route {
	return []route{
		read(anyone, get, "/auth/methods", "getLoginMethods", "The ways in for people.", nil, a.loginMethods),
		write(anyone, post, "/auth/login", "login", "Log in by e-mail address and password: the answer sets the session's cookie.", http.StatusOK, a.login),
		read(signedIn, get, "/auth/session", "getSession", "Who is asking, with what rights, and the value of sluice-csrf.", nil, a.getSession),
		read(signedIn, post, "/auth/logout", "logout", "End the session.", nil, a.logout),
		write(signedIn, post, "/auth/password", "changePassword", "Take another password. All other sessions end.", http.StatusOK, a.changePassword),
		write(admins, post, "/auth/setup", "setup", "Make the first user, an admin, with the admin token.", http.StatusCreated, a.setup),
		{Access: anyone, Method: get, Path: "/auth/oidc/start", Name: "startOIDC", Summary: "Begin single sign-on: leads the browser to the issuer.", Status: http.StatusSeeOther, serve: a.startOIDC},
		{Access: anyone, Method: get, Path: "/auth/oidc/callback", Name: "finishOIDC", Summary: "Where the issuer sends the browser back to.", Query: callbackParams, Loose: true, Status: http.StatusSeeOther, serve: a.finishOIDC},
	}
}

func (a *api) tokenRoutes() []route {
	return []route{
		read(signedIn, get, "/tokens", "listTokens", "List API tokens and sessions, newest first: one's own, those of a workspace for its owners, all for admins.", concat(tokenFilters, paging), a.listTokens),
		write(signedIn, post, "/tokens", "createToken", "Create an API token. Its secret is in this answer and nowhere else.", http.StatusCreated, a.createToken),
		read(signedIn, del, "/tokens/{id}", "deleteToken", "Revoke a token or session.", nil, a.revokeToken),
	}
}

func (a *api) moneyRoutes() []route {
	return []route{
		read(viewers, get, "/limits", "listLimits", "The limits in force, with how their counters stand.", limitFilters, a.listLimits),
		read(viewers, get, "/budgets", "listBudgets", "The budgets in force, with how their counters stand.", limitFilters, a.listBudgets),
		read(viewers, get, "/budgets/burn", "getBudgetBurn", "How one counter of a budget was spent over its period and those before, and when it ends at this rate.", burnParams, a.getBurn),
		read(viewers, get, "/raises", "listRaises", "List raises of budgets, newest first, ended ones too.", concat(raiseFilters, paging), a.listRaises),
		write(owners, post, "/raises", "createRaise", "Make a budget larger until a time.", http.StatusCreated, a.createRaise),
		read(owners, del, "/raises/{id}", "endRaise", "End a raise. It stays in lists.", nil, a.endRaise),
		read(viewers, get, "/spend", "getSpend", "What was spent, added up.", spendFilters, a.getSpend),
	}
}

func (a *api) credentialRoutes() []route {
	return []route{
		read(owners, get, "/credentials", "listCredentials", "List the providers' credentials that are kept here, newest first, without secrets.", concat(credentialFilters, paging), a.listCredentials),
		write(owners, post, "/credentials", "createCredential", "Keep a provider's credential.", http.StatusCreated, a.createCredential),
		read(owners, get, "/credentials/{id}", "getCredential", "One credential, without its secret.", nil, a.getCredential),
		write(owners, patch, "/credentials/{id}", "updateCredential", "Change a credential; what is not given stays.", http.StatusOK, a.updateCredential),
		read(owners, del, "/credentials/{id}", "deleteCredential", "Delete a credential.", nil, a.deleteCredential),

		read(admins, get, "/secrets", "listSecrets", "The names of the secrets that the configuration may refer to as secret:NAME.", nil, a.listSecrets),
		write(admins, put, "/secrets/{name}", "setSecret", "Make a secret, or replace it. What it holds is never shown.", http.StatusOK, a.setSecret),
		read(admins, del, "/secrets/{name}", "deleteSecret", "Delete a secret that the configuration does not name.", secretFilters, a.deleteSecret),
	}
}

func (a *api) systemRoutes() []route {
	return []route{
		read(signedIn, get, "/gateways", "listGateways", "The gateways in force, by name.", nil, a.listGateways),
		read(signedIn, get, "/gateways/{name}", "getGateway", "One gateway.", nil, a.getGateway),
		read(signedIn, get, "/providers", "listProviders", "The providers in force, by name, without secrets. Addresses and headers are shown to admins alone, aliases of credentials to whom they serve.", nil, a.listProviders),
		read(signedIn, get, "/providers/{name}", "getProvider", "One provider, as in the list.", nil, a.getProvider),
		read(signedIn, get, "/kinds", "listKinds", "The vendors that are known, of which a provider is one use.", nil, a.listKinds),
		write(admins, post, "/providers/{name}/test", "testProvider", "Make one small call at a provider and tell whether it works, and if not, why. It leaves no entry.", http.StatusOK, a.testProvider),
		read(signedIn, get, "/models", "listModels", "The models that providers are known to have, by provider and id. Others can be called too.", concat(modelFilters, paging), a.listModels),

		read(admins, get, "/health", "getHealth", "How the gateway is: version, store, spool, calls in flight, and how each target stands.", nil, a.getHealth),
		read(signedIn, get, "/openapi.json", "getOpenAPI", "This document.", nil, a.getOpenAPI),
	}
}

func concat(a, b []Param) []Param { return append(a[:len(a):len(a)], b...) }
