// Package jira opens tickets in Jira, Cloud and Data Center, and keeps them up to date.
//
// A message is sent in steps, each a part of its own: the ticket, the full report where the description has no room for it, the sprint,
// the comment, the closing. Each step looks first whether it was done already, so that a message that is sent again after the process
// died, or after an answer was lost, ends in the same ticket.
package jira
