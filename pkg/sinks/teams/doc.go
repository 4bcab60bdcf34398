// Package teams sends messages to Microsoft Teams: as an Adaptive Card to a webhook of the Workflows app, or as a MessageCard to a
// connector of the older kind. It prints the tree of pkg/render in the Markdown that both know.
//
// Text from a scan is data here: it becomes no mention, link, emphasis, list, heading, template or expression. Teams' clients do
// not agree on escapes (the mobile ones show backslashes and entities as they are: microsoft/AdaptiveCards issue 5590,
// MicrosoftDocs/msteams-docs issue 10997), so that signs are replaced by ones that look alike, only where they would take effect.
// Links of single findings are Markdown for a similar reason: a run of text with an action is a line of its own on some clients
// (microsoft/AdaptiveCards issue 9100).
package teams
