package secrets_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/standing"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// nobody is the prompter of a computer without a screen.
type nobody struct{ asked atomic.Int32 }

func (n *nobody) Enter(context.Context, secrets.Entry) (string, error) {
	n.asked.Add(1)
	return "", secrets.ErrNoDisplay
}

func (n *nobody) Ask(context.Context, secrets.Question) (secrets.Answer, error) {
	n.asked.Add(1)
	return secrets.Deny, secrets.ErrNoDisplay
}

func (n *nobody) Lock(context.Context) (func(), error) { return func() {}, nil }

// A headless is a bench where nobody can be asked.
type headless struct {
	bench
	prompter *nobody
	log      *bytes.Buffer
}

func openHeadless(t *testing.T, options ...secrets.Option) headless {
	h := headless{prompter: &nobody{}, log: &bytes.Buffer{}}
	h.bench = stored(t, append(options, secrets.WithPrompter(h.prompter), secrets.WithLogger(slog.New(slog.NewTextHandler(h.log, nil))))...)
	return h
}

// allow puts permissions into the store.
func (h headless) allow(t *testing.T, all ...standing.Permission) {
	t.Helper()
	h.store.Put("petstore", standing.Entry.Name, encoded(t, all...))
}

func encoded(t *testing.T, all ...standing.Permission) string {
	t.Helper()
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// used is what becomes of a use of the API key by a call.
func (h headless) used(ctx context.Context, call secrets.Call) error {
	ctx, turn := h.Manager.Begin(ctx, call, "", nil)
	defer turn.End()
	key, err := h.APIKey(ctx, "Read one pet")
	if err == nil && key.Reveal() != goodKey {
		return errors.New("another value")
	}
	return err
}

// getPet is the use that permission allows.
var getPet = secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}

func permission() standing.Permission {
	now := time.Now()
	return standing.Permission{
		Subject: standing.Subject{Server: "petstore", Secret: "api_key", Tool: "get_pet", To: "petstore.example"},
		Made:    now.Add(-time.Hour), Until: now.Add(time.Hour),
	}
}

// A permission allows what it says and nothing else, for which somebody has to be asked: here that fails at once.
func TestStandingPermissionIsForWhatItSays(t *testing.T) {
	with := func(change func(*standing.Permission)) standing.Permission {
		p := permission()
		change(&p)
		return p
	}
	named := func(who string) secrets.Call {
		call := getPet
		call.Principal = secrets.Named(who)
		return call
	}
	for _, row := range []struct {
		name    string
		given   standing.Permission
		call    secrets.Call
		goes    string // where the value goes; "" is the default
		allowed bool
	}{
		{"it", permission(), getPet, "", true},
		{"the same host by another path", permission(), getPet, "https://petstore.example/other", true},
		{"another tool", permission(), secrets.Call{Kind: "tool", Name: "get_pets", Principal: secrets.Process()}, "", false},
		{"a prompt of the name", permission(), secrets.Call{Kind: "prompt", Name: "get_pet", Principal: secrets.Process()}, "", false},
		{"a resource of the name", permission(), secrets.Call{Kind: "resource", Name: "get_pet", Principal: secrets.Process()}, "", false},
		{"no tool", permission(), secrets.Call{Principal: secrets.Process()}, "", false},
		{"another secret", with(func(p *standing.Permission) { p.Secret = "contact" }), getPet, "", false},
		{"another server", with(func(p *standing.Permission) { p.Server = "petstore2" }), getPet, "", false},
		{"another account", with(func(p *standing.Permission) { p.Account = "work" }), getPet, "", false},
		{"another host", permission(), getPet, "https://elsewhere.example", false},
		{"another port", permission(), getPet, "https://petstore.example:8443", false},
		{"another scheme", permission(), getPet, "http://petstore.example", false},
		{"anywhere", with(func(p *standing.Permission) { p.To = "" }), getPet, "", false},
		{"over", with(func(p *standing.Permission) { p.Until = time.Now().Add(-time.Second) }), getPet, "", false},
		{"of a time to come", with(func(p *standing.Permission) { p.Made = time.Now().Add(time.Minute) }), getPet, "", false},
		{"for two years", with(func(p *standing.Permission) { p.Until = p.Made.Add(2 * standing.MaxFor) }), getPet, "", false},
		{"every tool", with(func(p *standing.Permission) { p.Tool, p.EveryTool = "", true }), getPet, "", true},
		{"every tool, another host", with(func(p *standing.Permission) { p.Tool, p.EveryTool = "", true }), getPet, "https://elsewhere.example", false},
		{"a caller over HTTP", permission(), named("ann"), "", false},
		{"an unverified caller", permission(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Local()}, "", false},
		{"nobody's call", permission(), secrets.Call{Kind: "tool", Name: "get_pet"}, "", false},
		{"its caller", with(func(p *standing.Permission) { p.Principal = "ann" }), named("ann"), "", true},
		{"another caller", with(func(p *standing.Permission) { p.Principal = "ann" }), named("bob"), "", false},
		{"a caller's, and the process", with(func(p *standing.Permission) { p.Principal = "ann" }), getPet, "", false},
		{"a caller's, unverified", with(func(p *standing.Permission) { p.Principal = "ann" }), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Local()}, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := openHeadless(t)
			h.allow(t, row.given)
			if row.goes != "" {
				h.store.Put("petstore", "base_url", row.goes)
			}
			err := h.used(t.Context(), row.call)
			switch {
			case row.allowed && (err != nil || h.prompter.asked.Load() > 0):
				t.Errorf("%v, asked %d times", err, h.prompter.asked.Load())
			case !row.allowed && err == nil:
				t.Error("it is allowed")
			}
		})
	}
}

// The law: of whatever was allowed, and whatever is used, nothing is handed out but by a permission that says so.
func TestStandingPermissionsLaw(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 16))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	h := openHeadless(t)
	now := time.Now()
	allowed := 0
	for range 3000 {
		var given []standing.Permission
		for range random.IntN(4) {
			p := standing.Permission{Made: now.Add(-time.Hour), Until: now.Add(time.Hour), Subject: standing.Subject{
				Server: pick("petstore", "petstore", "petstor"), Principal: pick("", "", "ann"), Account: pick("", "", "work"),
				Secret: pick("api_key", "api_key", "contact"), Tool: pick("get_pet", "get_pet", "set_pet", ""),
				To: pick("petstore.example", "petstore.example", "http://petstore.example", ""),
			}}
			p.EveryTool = p.Tool == ""
			switch random.IntN(5) {
			case 0:
				p.Until = now.Add(-time.Second)
			case 1:
				p.Made = now.Add(time.Hour)
			}
			given = append(given, p)
		}
		h.allow(t, given...)
		goes := pick("petstore.example", "petstore.example", "http://petstore.example", "elsewhere.example")
		url := goes
		if !strings.Contains(url, "://") {
			url = "https://" + url
		}
		h.store.Put("petstore", "base_url", url+"/api")
		tool, kind, who := pick("get_pet", "set_pet"), pick("tool", "tool", "prompt"), pick("", "", "ann", "bob", "unverified")
		call := secrets.Call{Kind: kind, Name: tool, Principal: secrets.Named(who)}
		switch who {
		case "":
			call.Principal = secrets.Process()
		case "unverified":
			call.Principal = secrets.Local()
		}
		want := slices.ContainsFunc(given, func(p standing.Permission) bool {
			return p.Server == "petstore" && p.Secret == "api_key" && p.Account == "" && p.Principal == who && p.To == goes &&
				(p.EveryTool || kind == "tool" && p.Tool == tool) && p.Made.Before(now) && p.Until.After(now)
		})
		if err := h.used(t.Context(), call); want != (err == nil) {
			t.Fatalf("seed %d: %s %s of %q to %s: %v, with %s", seed, kind, tool, who, goes, err, encoded(t, given...))
		}
		if want {
			allowed++
		}
	}
	if allowed == 0 {
		t.Error("nothing was ever allowed")
	}
}

// One use is allowed at a time: what is taken back, or over, allows no more, and nothing is kept for the session or the call.
func TestStandingPermissionIsReadAtEachUse(t *testing.T) {
	h := openHeadless(t)
	h.allow(t, permission())
	ctx, turn := h.Manager.Begin(t.Context(), getPet, "", nil)
	defer turn.End()
	if _, err := h.APIKey(ctx, "Read one pet"); err != nil {
		t.Fatal(err)
	}
	h.allow(t)
	if _, err := h.APIKey(ctx, "Read one pet"); err == nil {
		t.Error("it is still allowed")
	}
	h.allow(t, permission())
	if err := h.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey); err != nil {
		t.Fatal(err)
	}
	if err := h.used(t.Context(), getPet); err != nil {
		t.Errorf("a rotation ended it: %v", err)
	}
}

func TestStandingPermissionEndsWhileTheServerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHeadless(t)
		h.allow(t, permission())
		for range 2 {
			if err := h.used(t.Context(), getPet); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour - time.Second)
		}
		time.Sleep(time.Second)
		if err := h.used(t.Context(), getPet); err == nil {
			t.Error("it is allowed after its time")
		}
		_ = h.Manager.Close()
	})
}

// Each use has one record, which says when a person allowed it.
func TestStandingPermissionIsInTheLog(t *testing.T) {
	h := openHeadless(t)
	p := permission()
	h.allow(t, p)
	for range 3 {
		if err := h.used(t.Context(), getPet); err != nil {
			t.Fatal(err)
		}
	}
	how := `how="allowed in a terminal on ` + p.Made.UTC().Format(time.DateOnly) + `"`
	if log := h.log.String(); strings.Count(log, "secret access") != 3 || strings.Count(log, how) != 3 {
		t.Errorf("want three records with %s:\n%s", how, log)
	}
}

// What can't be read allows nothing. The log says so once, and nothing else fails by it.
func TestStandingPermissionsThatCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"broken": "[", "with a bound of a later version": strings.Replace(encoded(t, permission()), `"tool"`, `"only_on_mondays":true,"tool"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			h := openHeadless(t)
			h.store.Put("petstore", standing.Entry.Name, text)
			for range 2 {
				var failure *secrets.Error
				if err := h.used(t.Context(), getPet); !errors.As(err, &failure) || failure.Failure != "nobody_to_ask" {
					t.Error(err)
				}
			}
			if n := strings.Count(h.log.String(), "none of them counts"); n != 1 {
				t.Errorf("%d warnings:\n%s", n, h.log)
			}
		})
	}
}

func TestStandingPermissionInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "allowed.json")
	t.Setenv("MCP_SECRETS_ALLOWED", path)
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	h := openHeadless(t)
	for _, row := range []struct {
		name    string
		text    string
		mode    os.FileMode
		allowed bool
	}{
		{"of others too", encoded(t, permission()), 0o666, false},
		{"readable", encoded(t, permission()), 0o644, true},
		{"private", encoded(t, permission()), 0o600, true},
		{"a group's", encoded(t, permission()), 0o620, false},
		{"broken", encoded(t, permission()) + "x", 0o600, false},
		{"empty", "", 0o600, false},
	} {
		write(row.text, row.mode)
		if err := h.used(t.Context(), getPet); row.allowed != (err == nil) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	h.allow(t, permission())
	if err := h.used(t.Context(), getPet); err != nil {
		t.Errorf("without the file the store counts: %v", err)
	}
}

// The author's word is above everybody's: of the schema, and of the program.
func TestStandingPermissionThatTheAuthorForbids(t *testing.T) {
	h := openHeadless(t, secrets.WithoutStanding())
	h.allow(t, permission())
	if err := h.used(t.Context(), getPet); err == nil || len(h.Manager.Grants()) > 0 {
		t.Errorf("WithoutStanding: %v, %v", err, h.Manager.Grants())
	}
	for name, row := range map[string]struct {
		field   secrets.Field
		allowed bool
	}{
		"ask":                {secrets.Field{}, true},
		"forbidden":          {secrets.Field{Standing: "forbidden"}, false},
		"dialog":             {secrets.Field{Permission: secrets.DialogOnly}, false},
		"dialog, allowed":    {secrets.Field{Permission: secrets.DialogOnly, Standing: "allowed"}, true},
		"one tool at a time": {secrets.Field{Scope: secrets.ToolScope}, false},
		"in plain http too":  {secrets.Field{SentHosts: []string{"petstore.example"}, Insecure: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHeadless(t)
			key := secrets.Password("pin", row.field)
			m, err := openWith("petstore", []secrets.AnyKey{key}, secrets.WithStore(h.store), secrets.WithPrompter(h.prompter),
				secrets.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			h.store.Put("petstore", "pin", "0000")
			p := permission()
			p.Secret, p.Tool, p.EveryTool, p.To = "pin", "", true, strings.Join(row.field.SentHosts, "")
			h.allow(t, p)
			ctx, turn := m.Begin(t.Context(), getPet, "", nil)
			defer turn.End()
			if _, err := secrets.Get(ctx, m, key, ""); row.allowed != (err == nil) {
				t.Error(err)
			}
		})
	}
}

func TestStandingPermissionsAmongTheGrants(t *testing.T) {
	h := openHeadless(t)
	over, other := permission(), permission()
	over.Tool, over.Until = "over", time.Now().Add(-time.Second)
	other.Server = "other"
	h.allow(t, over, permission(), other)
	grants := h.Manager.Grants()
	if len(grants) != 1 || !grants[0].Standing || grants[0].Secret != "api_key" || grants[0].Tool != "get_pet" || grants[0].Until.IsZero() {
		t.Fatal(grants)
	}
	if err := h.Manager.Revoke(petstore.KeyAPIKey()); err != nil {
		t.Fatal(err)
	}
	if err := h.used(t.Context(), getPet); err == nil || len(h.Manager.Grants()) > 0 {
		t.Errorf("after Revoke: %v, %v", err, h.Manager.Grants())
	}
	again := permission()
	again.Made = time.Now()
	h.allow(t, again)
	if err := h.used(t.Context(), getPet); err != nil {
		t.Errorf("what was allowed since: %v", err)
	}
}

// What keeps the permissions is no secret: it is not listed, and goes with all others.
func TestStandingPermissionsAreNoSecret(t *testing.T) {
	h := openHeadless(t)
	h.allow(t, permission())
	if names, err := h.Manager.List(t.Context()); err != nil || !slices.Equal(names, []string{"api_key"}) {
		t.Errorf("listed: %v, %v", names, err)
	}
	if err := h.Manager.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.store.Value("petstore", standing.Entry.Name); ok {
		t.Error("it is still there")
	}
}

// A person who said no in a dialog is not overruled by an older word, for as long as a no is remembered.
func TestNoIsAboveAStandingPermission(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.Deny)
	if _, err := b.key(t, b.toolCall(t, "other_tool")); !errors.Is(err, secrets.ErrDenied) {
		t.Fatal(err)
	}
	b.store.Put("petstore", standing.Entry.Name, encoded(t, permission()))
	if _, err := b.key(t, b.toolCall(t, "get_pet")); !errors.Is(err, secrets.ErrDenied) {
		t.Error(err)
	}
}

// Two secrets are one question for those that nobody allowed.
func TestStandingPermissionForOneOfTwo(t *testing.T) {
	b := stored(t)
	b.store.Put("petstore", standing.Entry.Name, encoded(t, permission()))
	b.store.Put("petstore", "contact", "ann@example.com")
	b.user.Answers(secrets.Deny)
	var key secrets.Secret
	var contact secrets.Optional[string]
	err := secrets.GetGroup(b.toolCall(t, "get_pet"), b.Manager, "Read one pet",
		petstore.KeyAPIKey().Into(&key), petstore.KeyContact().IntoOptional(&contact))
	if shown := b.user.Shown()[0].Text(); !errors.Is(err, secrets.ErrDenied) || !key.IsZero() || strings.Contains(shown, "Petstore API key") || !strings.Contains(shown, "Contact address") {
		t.Errorf("%v, key %v, asked:\n%s", err, key, fmt.Sprint(shown))
	}
}

// The error says the way out where the program has the command, and where the author lets it be one.
func TestWhereNobodyCanBeAskedTheErrorNamesTheCommand(t *testing.T) {
	const way = "secrets allow api_key --tool TOOL --for 30d"
	for name, row := range map[string]struct {
		options     []secrets.Option
		hasTerminal bool
		want        bool
	}{
		"command":               {nil, true, true},
		"no command":            {nil, false, false},
		"forbidden by its code": {[]secrets.Option{secrets.WithoutStanding()}, true, false},
	} {
		h := openHeadless(t, row.options...)
		if row.hasTerminal {
			h.Manager.Inside().HasTerminal()
		}
		if err := h.used(t.Context(), getPet); err == nil || strings.Contains(err.Error(), way) != row.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
