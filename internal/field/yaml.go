package field

import (
	"encoding/json"
	"regexp"
	"strings"
)

// looksLikeYAML tells a file of YAML from another text: a mapping or a list, whose quotes and brackets close, and that is not
// indented by tabs. It does not read YAML: a server that is given the file does, and the runtime is to link no reader that it
// needs for nothing else.
func looksLikeYAML(text string) bool {
	if isObject([]byte(text)) || json.Valid([]byte(text)) && strings.HasPrefix(strings.TrimSpace(text), "[") {
		return true
	}
	var y yamlLines
	for line := range strings.SplitSeq(text, "\n") {
		if !y.take(line) {
			return false
		}
	}
	return y.entries > 0 && y.open == "" && y.quote == 0
}

// yamlLines is what is known of the lines so far.
type yamlLines struct {
	entries int    // lines that begin an entry of a mapping or a list
	open    string // brackets that have to close, the last first
	quote   byte   // that has to close; 0 is none
	scalar  int    // the indentation of the entry whose text of several lines this is, plus 1; 0 is none
}

var (
	yamlEntry  = regexp.MustCompile(`^(- |-$|(- +)*("([^"\\]|\\.)*"|'[^']*'|[^\s"'#\[\]{},&*!|>%@` + "`" + `-][^#]*?|-[^\s][^#]*?):(\s|$))`)
	yamlScalar = regexp.MustCompile(`(^|[:-]\s+)[|>][-+0-9]*\s*(#.*)?$`)
)

// take takes a line, and reports whether YAML can have it there.
func (y *yamlLines) take(line string) bool {
	content := strings.TrimLeft(line, " ")
	indent := len(line) - len(content)
	if y.scalar > 0 && (strings.TrimSpace(line) == "" || indent >= y.scalar) {
		return true
	}
	y.scalar = 0
	isInside := y.quote != 0 || y.open != ""
	switch {
	case strings.TrimSpace(content) == "", !isInside && (content[0] == '#' || content[0] == '%' && indent == 0):
		return true
	case !isInside && indent == 0 && (strings.HasPrefix(content, "---") || strings.HasPrefix(content, "...")):
		return true
	case !isInside && content[0] == '\t':
		return false
	case !isInside && yamlEntry.MatchString(content):
		y.entries++
		if yamlScalar.MatchString(content) {
			y.scalar = indent + 1
			return true
		}
	case !isInside && indent == 0 && !strings.ContainsAny(content[:1], "[{"):
		return false // a text at the margin that is no entry
	}
	return y.marks(content)
}

// marks follows quotes and brackets through a line. A quote counts where a value can begin.
func (y *yamlLines) marks(line string) bool {
	begins := true
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case y.quote == '"' && c == '\\':
			i++
		case y.quote != 0:
			if c == y.quote {
				y.quote = 0
			}
			continue
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return true
		case begins && (c == '"' || c == '\''):
			y.quote = c
		case (begins || y.open != "") && (c == '[' || c == '{'):
			y.open = string(c) + y.open
			y.entries++
		case y.open != "" && (c == ']' || c == '}'):
			if y.open[0] != c-2 { // as ASCII has the pairs
				return false
			}
			y.open = y.open[1:]
		}
		begins = c == ' ' && (begins || i > 0 && strings.IndexByte(":-,", line[i-1]) >= 0) || strings.IndexByte("[{,", c) >= 0 && y.open != "" || begins && c == '-'
	}
	return true
}
