package consent

// The tables that have an entry for each principal, request or session are bounded. Whoever loses an entry is asked again.
const (
	maxHandles = 1_000  // that wait for their answers; and as many questions
	maxKept    = 10_000 // grants; and as many refusals
)

// MakeRoom drops entries of a table that has reached its limit, and returns their keys: expired entries; if none, a random
// tenth, so that a flood does not have the whole table searched for each new entry.
func MakeRoom[K comparable, V any](table map[K]V, limit int, expired func(V) bool) (dropped []K) {
	if len(table) < limit {
		return nil
	}
	for key, entry := range table {
		if expired(entry) {
			dropped = append(dropped, key)
			delete(table, key)
		}
	}
	if len(table) < limit {
		return dropped
	}
	for key := range table {
		if len(table) <= limit-limit/10 {
			break
		}
		dropped = append(dropped, key)
		delete(table, key)
	}
	return dropped
}
