package secrets

// The tables that have an entry for each principal, request or session are bounded: who loses an entry is asked again.
const (
	maxRounds   = 1_000  // of 2026-07-28 that wait for their answers; and as many questions
	maxKept     = 10_000 // grants; and as many refusals
	maxSessions = 10_000 // over HTTP, before 2026-07-28
)

// makeRoom drops entries of a table that has reached its limit, and returns their keys: those that are over, and if there
// is none, any tenth of all, so that a flood does not have the whole table searched for each new entry.
func makeRoom[K comparable, V any](table map[K]V, limit int, over func(V) bool) (dropped []K) {
	if len(table) < limit {
		return nil
	}
	for key, entry := range table {
		if over(entry) {
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
