// Package slack sends messages to Slack, through an incoming webhook or as a bot with chat.postMessage, which can answer in
// threads. It prints the tree of pkg/render as blocks whose text is mrkdwn.
//
// Text from a scan is data here: it becomes no mention, link, emphasis, code, quotation or emoji. Slack has no escapes for
// anything but &, < and >, so that other signs are replaced by ones that look alike, only where they would take effect.
// What Slack would make of plain text by itself (addresses, @names, #names) is switched off with "verbatim".
package slack
