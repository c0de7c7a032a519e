package changes

// pair goes through two lists of what has a name: both is called for what is in the two of them and added for what is new, in the
// order of now, and then removed for what is only in old.
func pair[T any](old, now []T, name func(T) string, added func(T), both func(was, is T), removed func(T)) {
	before := byName(old, name)
	for _, is := range now {
		if was, ok := before[name(is)]; ok {
			both(was, is)
		} else {
			added(is)
		}
		delete(before, name(is))
	}
	for _, was := range old {
		if _, gone := before[name(was)]; gone {
			removed(was)
		}
	}
}

func byName[T any](list []T, name func(T) string) map[string]T {
	known := make(map[string]T, len(list))
	for _, item := range list {
		known[name(item)] = item
	}
	return known
}
