package config

import "slices"

// intents checks that what conditions say of the intent can mean something: a route's own
// intent counts for the routes within it, and theirs for it.
func (l *loader) intents(checks map[string]*routeCheck) {
	for _, name := range sortedKeys(checks) {
		uses, tells := false, false
		for _, other := range family(name, checks) {
			uses = uses || checks[other].uses
			tells = tells || l.given(join("routes", other, "intent"))
		}
		at := join("routes", name)
		switch {
		case checks[name].uses && !tells:
			l.bad(at, "a condition speaks of intent, which is empty without \"intent\": {embedder, examples}")
		case l.given(join(at, "intent")) && !uses:
			l.warn(l.at(join(at, "intent")), "no condition speaks of intent")
		}
	}
}

// family lists a route, those within it and those that it stands within.
func family(name string, checks map[string]*routeCheck) []string {
	within := reach(nil, name, checks)
	for other := range checks {
		if other != name && slices.Contains(reach(nil, other, checks), name) {
			within = append(within, other)
		}
	}
	return within
}

// reach appends a route and all within it to those that were found.
func reach(found []string, name string, checks map[string]*routeCheck) []string {
	if slices.Contains(found, name) {
		return found
	}
	found = append(found, name)
	for _, to := range checks[name].leads {
		found = reach(found, to.to, checks)
	}
	return found
}
