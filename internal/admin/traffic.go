package admin

import "net/http"

// trafficRoutes are about where calls go.
func (a *api) trafficRoutes() []route {
	return []route{
		read(signedIn, get, "/routes", "listRoutes", "The routes in force, by name. Conditions are shown to admins alone.", nil, a.listRoutes),
		read(viewers, get, "/routes/{name}/traffic", "getRouteTraffic", "Which way the calls of a route went: steps, targets, what was tried after what, and how the targets stand.", trafficParams, a.getRouteTraffic),
		write(viewers, post, "/routes/{name}/explain", "explainRoute", "What would become of a call of a route, or of any other name that callers give as the model. Nothing is sent.", http.StatusOK, a.explainRoute),
		read(admins, get, "/drains", "listDrains", "What people have taken out of use.", nil, a.listDrains),
		write(admins, put, "/drains", "putDrain", "Take a provider, a model or a credential out of use. Calls in flight go on.", http.StatusOK, a.putDrain),
		read(admins, del, "/drains", "deleteDrain", "Put back into use what was drained under exactly these names.", drainFilters, a.deleteDrain),
		read(admins, get, "/canaries", "listCanaries", "The canaries of the routes in force, and how far they have come.", nil, a.listCanaries),
		read(admins, post, "/canaries/{place}/restart", "restartCanary", "Begin a canary anew, also one that is rolled back.", nil, a.restartCanary),
		write(admins, post, "/canaries/{place}/rollback", "rollbackCanary", "Send all calls of a canary to the old target again, until a restart or a change of what it says.", http.StatusOK, a.rollbackCanary),
		read(viewers, get, "/compare", "compare", "How two targets did over the same period, with 95 % confidence intervals.", compareFilters, a.compareTargets),
	}
}
