// Package route decides and admits. It never touches the network, and knows a target by its name only.
//
// The way of a document, which is the way to read this program:
//
//	pkg/scan     frames and decodes the input: one Document at a time, each with the Reports it holds.
//	pkg/route    Engine.Admit takes a batch of documents. It views the subjects' records in the state, and outside any lock
//	             compares each report with each route's baseline (pkg/dedup), on first use only; Route.Decide asks the route's
//	             rules in order; what passes becomes a Message (pkg/message) and an outbox entry for each target. One Update
//	             writes baselines and entries together, or nothing when another process spoke meanwhile: then it decides again.
//	pkg/state    keeps records, names of findings, outbox and documents. An entry is born claimed by the run that admits it.
//	pkg/deliver  sends what is born and what waits from earlier runs: plan, attempt, confirm. It meets route in the state only.
//	pkg/sinks    one folder a target: how a message is said there, and one attempt at saying it.
//	cmd/postee   reads flags, arranges the above, reports, and turns what happened into the exit status.
//
// The gate (--fail-on) stands beside all that: it judges reports, whatever routes and filters say.
package route
