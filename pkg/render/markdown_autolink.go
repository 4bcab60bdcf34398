package render

import "strings"

// isAutolink reports whether a word is read as more than text by GitHub or GitLab, even behind a backslash, because they look at what is
// shown: an address, a mention, a reference to an issue or a commit, an emoji.
func isAutolink(word string) bool {
	special, digits := false, false
	for i := range len(word) {
		switch c := word[i]; {
		case c == '@', c == ':', c == '#', c == '!', c == '~', c == '$', c == '%', c == '&', c == '^':
			special = true
		case c >= '0' && c <= '9':
			digits = true
		}
	}
	if len(word) >= 5 && (word[0]|0x20 == 'w' || strings.ContainsAny(word, "wW")) && strings.Contains(strings.ToLower(word), "www.") {
		return true
	}
	if commit(word) || digits && issueKey(word) {
		return true
	}
	return special && (strings.Contains(word, "@") || strings.Contains(word, "://") || emoji(word) || reference(word))
}

// reference reports whether a word has a sign of a reference with a name behind it: #12, !3, ~bug, %"1.0".
func reference(word string) bool {
	for i := range len(word) - 1 {
		switch word[i] {
		case '#', '!', '~', '$', '%', '&', '^':
			if c := word[i+1]; letter(c) || c >= '0' && c <= '9' || c == '"' || c == '_' || c >= 0x80 {
				return true
			}
		}
	}
	return false
}

// emoji reports whether a word has an emoji's name in it: ":skull:".
func emoji(word string) bool {
	for rest := word; ; {
		_, after, found := strings.Cut(rest, ":")
		if !found {
			return false
		}
		name, _, closed := strings.Cut(after, ":")
		if closed && name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789_+-") == "" {
			return true
		}
		rest = after
	}
}

// commit reports whether a word has the short or long name of a commit in it: 7 to 40 hexadecimal digits, or 64, that stand by themselves.
// Whether there is such a commit, only the page that shows the word knows, so that letters alone and digits alone count too. A part of a
// version or a name stands behind a hyphen, a dot or another letter.
func commit(word string) bool {
	if len(word) < 7 {
		return false
	}
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool {
		return strings.ContainsRune("()[]{}<>,;:'\"/@=|!?#&$%^*`\\", r)
	}) {
		part = strings.TrimRight(part, ".")
		if (len(part) >= 7 && len(part) <= 40 || len(part) == 64) && strings.Trim(part, "0123456789abcdefABCDEF") == "" {
			return true
		}
	}
	return false
}

// issueKey reports whether a word has GitHub's other spelling of an issue: GH-12.
func issueKey(word string) bool {
	i := strings.Index(strings.ToLower(word), "gh-")
	return i >= 0 && i+3 < len(word) && word[i+3] >= '0' && word[i+3] <= '9'
}
