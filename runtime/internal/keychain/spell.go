package keychain

import (
	"fmt"
	"strings"
)

// spell writes the name of a service so that two names stay two where case is ignored, as on Windows: what is not small and plain
// becomes "^" and its number. Most servers' names are just that, and stay as they are.
func spell(service string) string {
	var b strings.Builder
	for i := range len(service) {
		switch c := service[i]; {
		case 'A' <= c && c <= 'Z', c == '^', c > '~':
			fmt.Fprintf(&b, "^%02x", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
