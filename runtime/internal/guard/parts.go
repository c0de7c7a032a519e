package guard

import "strings"

// Parts returns the parts of a result, such as its contents, with every known value masked in the text that they are
// together. So a value is found that was split over them, however short its parts; and what touches a masked value is
// masked across the parts too. If nothing is masked it is the very same slice.
func (g *Guard) Parts(parts []string) []string {
	together := []byte(strings.Join(parts, ""))
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.known.empty() || !g.known.suspects(together) {
		return parts
	}
	found := g.known.spans(together, func(view, *pattern) bool { return true })
	if len(found) == 0 {
		return parts
	}
	masked := make([]string, len(parts))
	from := 0
	for i, part := range parts {
		var within []span
		for _, s := range found {
			if s.from, s.to = max(s.from-from, 0), min(s.to-from, len(part)); s.from < s.to {
				within = append(within, s)
			}
		}
		masked[i], _ = redact(part, within)
		from += len(part)
	}
	return masked
}
