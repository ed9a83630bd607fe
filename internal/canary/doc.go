// Package canary moves canaries through their stages: up by schedule, and back by
// themselves when a rule is broken. Of several nodes on one store each looks, and one
// decides.
package canary
