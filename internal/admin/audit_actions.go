package admin

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/audit"
)

// deed is what the audit log calls a route.
type deed struct {
	// Action is a noun and a verb; "" = it changes nothing and shows nobody's words, it only computes.
	Action string
	// Apart is set where the store's transaction cannot hold all of it: it is told before and after.
	Apart bool
	// Sealed is set where secrets are sealed: the keyring is opened before the transaction, which then only writes rows.
	Sealed bool
	// Chosen tells what was asked for, where the query as it stands would not.
	Chosen func(*call) []audit.Change
}

// deeds names every route that changes something, by its name, and those whose answer may
// show bodies. table takes from here; a changing route that is missing here is told under
// its tag and method, and a test names it.
var deeds = map[string]deed{
	"createKey": {Action: "key.create"}, "updateKey": {Action: "key.update"}, "deleteKey": {Action: "key.revoke"}, "revokeKey": {Action: "key.revoke"},
	"rotateKey": {Action: "key.rotate"}, "disableKey": {Action: "key.disable"}, "enableKey": {Action: "key.enable"},

	"createWorkspace": {Action: "workspace.create"}, "updateWorkspace": {Action: "workspace.update"}, "deleteWorkspace": {Action: "workspace.delete"},
	"putMember": {Action: "member.put"}, "deleteMember": {Action: "member.delete"},
	"createUser": {Action: "user.create"}, "updateUser": {Action: "user.update"}, "deleteUser": {Action: "user.delete"}, "setup": {Action: "user.create"},

	"login": {Action: "auth.login"}, "finishOIDC": {Action: "auth.login"}, "logout": {Action: "auth.logout"}, "changePassword": {Action: "auth.password"},
	"createToken": {Action: "token.create"}, "deleteToken": {Action: "token.revoke"},

	"createRaise": {Action: "raise.create"}, "endRaise": {Action: "raise.end"}, "retryAlert": {Action: "alert.retry"},
	"createAlertMute": {Action: "alert.mute"}, "endAlertMute": {Action: "alert.unmute"}, "testAlertChannel": {Action: "alert.test", Apart: true},
	"testExport": {Action: "export.test", Apart: true}, "pauseExport": {Action: "export.pause"}, "resumeExport": {Action: "export.resume"},
	"createCredential": {Action: "credential.create", Sealed: true}, "updateCredential": {Action: "credential.update", Sealed: true}, "deleteCredential": {Action: "credential.delete"},
	"setSecret": {Action: "secret.set", Sealed: true}, "deleteSecret": {Action: "secret.delete"},

	"putDrain": {Action: "drain.put"}, "deleteDrain": {Action: "drain.delete"},
	"restartCanary": {Action: "canary.restart", Apart: true}, "rollbackCanary": {Action: "canary.rollback", Apart: true},
	"purgeCache": {Action: "cache.purge"}, "putConfig": {Action: "config.apply"}, "rollbackConfig": {Action: "config.rollback"},
	"testProvider": {Action: "provider.test", Apart: true}, "askPlayground": {Action: "playground.ask", Apart: true},

	"deleteEntry": {Action: "entry.delete", Apart: true}, "deleteEntries": {Action: "entry.delete", Apart: true},
	"rateEntry": {Action: "entry.rate"}, "replayEntry": {Action: "entry.replay", Apart: true},
	"listEntries": {Action: "entry.search"}, "getEntry": {Action: "entry.read"}, "getCached": {Action: "cache.read"},

	"getBackup":     {Action: "backup.create", Apart: true, Chosen: backupChosen},
	"createErasure": {Action: "privacy.erase"}, "createShred": {Action: "privacy.shred"}, // exportUser tells by itself

	"validateConfig": {}, "diffConfig": {}, "explainRoute": {},
}

// changes reports whether a route's method is one of changes.
func (r *route) changes() bool { return r.Method != http.MethodGet }

// deedOf gives what the audit log calls a route.
func deedOf(r *route) deed {
	d, named := deeds[r.Name]
	if !named && r.changes() {
		d.Action = r.Tag + "." + map[string]string{post: "post", put: "put", patch: "update", del: "delete"}[r.Method]
	}
	return d
}

// discloser is an answer that may hold what was said.
type discloser interface{ discloses() bool }

func (d EntryDetail) discloses() bool { return d.Bodies != nil }

// A search tells what was said, though it shows no body.
func (p EntryPage) discloses() bool { return p.Search != nil }

func (c Cached) discloses() bool { return c.Body != nil }
