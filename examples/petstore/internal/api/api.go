// Package api is the pet store that the example talks to, so that it needs no other: an HTTP API that answers 401 to whoever
// has no valid key. Nothing of it is about MCP or secrets.
package api

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// A Pet is one in the store.
type Pet struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Species string `json:"species"`
	Age     int    `json:"age"`
	Contact string `json:"contact,omitempty"`
}

// An Account is whose the store is.
type Account struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// The name and password of the account.
const (
	AccountName     = "keeper"
	AccountPassword = "feed-the-axolotl"
)

type store struct {
	key string

	mu   sync.Mutex
	pets []Pet
}

// New returns a pet store that takes the key.
func New(key string) http.Handler {
	s := &store{key: key, pets: []Pet{
		{ID: 1, Name: "Rex", Species: "dog", Age: 4},
		{ID: 2, Name: "Momo", Species: "cat", Age: 11},
		{ID: 3, Name: "Axel", Species: "axolotl", Age: 2},
	}}
	mux := http.NewServeMux()
	mux.Handle("GET /pets", s.withKey(s.list))
	mux.Handle("GET /pets/{id}", s.withKey(s.get))
	mux.Handle("POST /pets", s.withKey(s.create))
	mux.HandleFunc("GET /accounts/{name}", s.account)
	return mux
}

func (s *store) withKey(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !equal(r.Header.Get("Authorization"), "Bearer "+s.key) {
			http.Error(w, "unknown key", http.StatusUnauthorized)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		next(w, r)
	})
}

func (s *store) list(w http.ResponseWriter, r *http.Request) {
	pets := slices.Clone(s.pets)
	slices.SortFunc(pets, func(x, y Pet) int {
		if r.URL.Query().Get("order") == "age" {
			return cmp.Compare(x.Age, y.Age)
		}
		return cmp.Compare(x.Name, y.Name)
	})
	reply(w, http.StatusOK, pets)
}

func (s *store) get(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	i := slices.IndexFunc(s.pets, func(p Pet) bool { return p.ID == id })
	if i < 0 {
		http.Error(w, "there is no such pet", http.StatusNotFound)
		return
	}
	reply(w, http.StatusOK, s.pets[i])
}

func (s *store) create(w http.ResponseWriter, r *http.Request) {
	var p Pet
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&p); err != nil || p.Name == "" {
		http.Error(w, "a pet has a name", http.StatusBadRequest)
		return
	}
	p.ID = len(s.pets) + 1
	s.pets = append(s.pets, p)
	reply(w, http.StatusCreated, p)
}

func (s *store) account(w http.ResponseWriter, r *http.Request) {
	name, password, _ := r.BasicAuth()
	if !equal(name, AccountName) || !equal(password, AccountPassword) {
		http.Error(w, "unknown name or password", http.StatusUnauthorized)
		return
	}
	if r.PathValue("name") != name {
		http.Error(w, "that account is somebody else's", http.StatusForbidden)
		return
	}
	reply(w, http.StatusOK, Account{name, "owner"})
}

// equal compares in a time that tells nothing.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone
}
