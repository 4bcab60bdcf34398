// Package deliver empties the outbox: it claims what waits, plans it in the target's language, sends it, tries again where
// that can help, and confirms. It meets route in the state only. What is not delivered when a [Deliverer] ends is in the state,
// where the next one finds it.
//
// The way of an entry is the way to read the package:
//
//	deliverer.go    New, Start, Wait: the life of a run, and what an interrupt or a broken state ends.
//	claim.go        Add takes what this run has admitted, refill claims what waits from earlier runs: each becomes an item.
//	claims.go       the account of all that: what is claimed, what stands behind something else, what was given back.
//	ahead.go        a long lane: what is read of it behind its claimed head, sent in order, and confirmed together.
//	targetqueue.go  the line of one target: what may be asked next, and when. breaker.go: not while the target fails.
//	attempt.go      the loop of each target starts attempts: plan.go makes the parts, send makes one request for each.
//	outcome.go      what the end of an attempt means: confirmed, tried again, given back, dead.
//	writer.go       stores that, as much at once as has gathered; reporter.go tells it to whoever started the run.
//	followup.go     what this run admitted and another process has claimed: asked about until it is delivered, or time is up.
//
// There is a goroutine for the loop of each target, for each attempt under way, for the writer, the reporter, and the renewal of
// claims. Decisions are taken under the Deliverer's mu; attempts only bring what they found.
package deliver
