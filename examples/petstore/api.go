package main

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// The pet store that this example talks to, so that it needs no other: an HTTP API that answers 401 to whoever has no valid
// key. Nothing of it is about MCP.

// A pet is one in the store.
type pet struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Species string `json:"species"`
	Age     int    `json:"age"`
	Contact string `json:"contact,omitempty"`
}

// An account is whose the store is.
type account struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

const (
	accountName     = "keeper"
	accountPassword = "feed-the-axolotl"
)

type api struct {
	key string

	mu   sync.Mutex
	pets []pet
}

// newAPI returns a pet store that takes the key.
func newAPI(key string) http.Handler {
	a := &api{key: key, pets: []pet{
		{ID: 1, Name: "Rex", Species: "dog", Age: 4},
		{ID: 2, Name: "Momo", Species: "cat", Age: 11},
		{ID: 3, Name: "Axel", Species: "axolotl", Age: 2},
	}}
	mux := http.NewServeMux()
	mux.Handle("GET /pets", a.withKey(a.list))
	mux.Handle("GET /pets/{id}", a.withKey(a.get))
	mux.Handle("POST /pets", a.withKey(a.create))
	mux.HandleFunc("GET /account", a.account)
	return mux
}

// startAPI serves a pet store on this computer for as long as the process lives.
func startAPI(key string) (*url.URL, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: newAPI(key), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(listener) }()
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}, nil
}

func (a *api) withKey(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !equal(r.Header.Get("Authorization"), "Bearer "+a.key) {
			http.Error(w, "unknown key", http.StatusUnauthorized)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		next(w, r)
	})
}

func (a *api) list(w http.ResponseWriter, r *http.Request) {
	pets := slices.Clone(a.pets)
	slices.SortFunc(pets, func(x, y pet) int {
		if r.URL.Query().Get("order") == "age" {
			return cmp.Compare(x.Age, y.Age)
		}
		return cmp.Compare(x.Name, y.Name)
	})
	reply(w, http.StatusOK, pets)
}

func (a *api) get(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	i := slices.IndexFunc(a.pets, func(p pet) bool { return p.ID == id })
	if i < 0 {
		http.Error(w, "there is no such pet", http.StatusNotFound)
		return
	}
	reply(w, http.StatusOK, a.pets[i])
}

func (a *api) create(w http.ResponseWriter, r *http.Request) {
	var p pet
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&p); err != nil || p.Name == "" {
		http.Error(w, "a pet has a name", http.StatusBadRequest)
		return
	}
	p.ID = len(a.pets) + 1
	a.pets = append(a.pets, p)
	reply(w, http.StatusCreated, p)
}

func (a *api) account(w http.ResponseWriter, r *http.Request) {
	name, password, _ := r.BasicAuth()
	if !equal(name, accountName) || !equal(password, accountPassword) {
		http.Error(w, "unknown name or password", http.StatusUnauthorized)
		return
	}
	reply(w, http.StatusOK, account{name, "owner"})
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
