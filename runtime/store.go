package secrets

import "github.com/mcpsecrets/mcpsecrets/runtime/store"

// A Store keeps values, and a [Scope] says whose: see package store, which has the contract. The default is the operating
// system's keychain; [WithStore] sets another, such as runtimetest's in tests.
type (
	Store = store.Store
	Scope = store.Scope
)
