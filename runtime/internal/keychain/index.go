package keychain

import (
	"encoding/json"
	"slices"
)

// indexAccount holds a JSON array of the names under a service, since few
// keychains can be searched. The Python and JavaScript frameworks that share our
// layout read and write it too. On Linux it is written for them alone, and the
// search is the truth; elsewhere [System.Names] has nothing better.
const indexAccount = "__secret_index__"

func encodeIndex(names []string) string {
	if names == nil {
		names = []string{}
	}
	text, err := json.Marshal(names)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(text)
}

// decodeIndex returns the names of an index, sorted and each once. What is no
// index, since others write here as well, has no names.
func decodeIndex(text string) []string {
	var names []string
	if json.Unmarshal([]byte(text), &names) != nil {
		return nil
	}
	slices.Sort(names)
	return slices.Compact(names)
}
