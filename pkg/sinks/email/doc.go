// Package email sends messages as mail: through a server that takes submissions, or straight to the recipients' own servers.
//
// A part is one mail to one recipient, so that a recipient who is refused, or whose server is away, keeps nobody else from
// getting theirs, and nobody gets it twice. What an attempt alone knows (Date, Message-ID, the thread) is put before the part's body when it is
// sent.
package email
