package standing

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func lasting(d time.Duration) Permission {
	now := time.Now().UTC()
	return Permission{
		Subject: Subject{Server: "pets", Secret: "key", Tool: "get", To: "pets.example"}, Made: now.Add(-time.Hour), Until: now.Add(d),
	}
}

// Whatever is not understood whole counts for nothing: it may be a bound.
func TestWhatIsNoListOfPermissionsCountsForNothing(t *testing.T) {
	whole, err := Encode([]Permission{lasting(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := Decode(whole); err != nil || !reflect.DeepEqual(all, []Permission{{all[0].Subject, all[0].Made, all[0].Until}}) || all[0].Tool != "get" {
		t.Fatal(all, err)
	}
	for name, text := range map[string]string{
		"a bound of a later version": strings.Replace(whole, `"tool"`, `"only_on_mondays": true, "tool"`, 1),
		"more behind it":             whole + whole,
		"cut off":                    whole[:len(whole)/2],
		"no tool":                    strings.Replace(whole, `"tool": "get",`, ``, 1),
		"a tool and every tool":      strings.Replace(whole, `"tool"`, `"every_tool": true, "tool"`, 1),
		"no secret":                  strings.Replace(whole, `"secret": "key",`, ``, 1),
		"no server":                  strings.Replace(whole, `"server": "pets",`, ``, 1),
		"no time":                    strings.Replace(whole, `"until": "`, `"until": "tomorrow `, 1),
		"an object":                  `{}`,
		"too many":                   "[" + strings.Repeat(`{"server":"a","secret":"b","tool":"c","made":"2026-01-01T00:00:00Z","until":"2026-01-01T00:00:00Z"},`, 201) + "]",
		"too long":                   whole + strings.Repeat(" ", MaxSize),
		"no UTF-8":                   strings.Replace(whole, `"get"`, "\"get\xff\"", 1),
		"a long text":                strings.Replace(whole, `"get"`, `"`+strings.Repeat("x", maxText+1)+`"`, 1),
	} {
		if all, err := Decode(text); !errors.Is(err, ErrBroken) || all != nil {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	for _, empty := range []string{"", " \n", "[]", "null"} {
		if all, err := Decode(empty); err != nil || len(all) != 0 {
			t.Errorf("%q: %v, %v", empty, all, err)
		}
	}
}

// JSON would make one and the same text of all that is no UTF-8: a permission for one name would be one for others.
func TestNoPermissionIsForWhatIsNoText(t *testing.T) {
	for name, change := range map[string]func(*Permission){
		"server":    func(p *Permission) { p.Server += "\xff" },
		"principal": func(p *Permission) { p.Principal += "\xff" },
		"account":   func(p *Permission) { p.Account += "\xff" },
		"secret":    func(p *Permission) { p.Secret += "\xff" },
		"tool":      func(p *Permission) { p.Tool += "\xff" },
		"to":        func(p *Permission) { p.To += "\xff" },
	} {
		p := lasting(time.Hour)
		change(&p)
		if text, err := Encode([]Permission{p}); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestPermissionCountsInItsTimeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		future := lasting(time.Hour)
		future.Made = time.Now().Add(time.Second)
		long := lasting(MaxFor)
		for name, p := range map[string]Permission{"over": lasting(-time.Second), "to come": future, "for longer than a year": long, "of no time": {}} {
			if c.Counts(p) == nil {
				t.Errorf("%s: it counts", name)
			}
		}
		p := lasting(time.Hour)
		if err := c.Counts(p); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if c.Counts(p) == nil {
			t.Error("it counts at its end")
		}
	})
}

// Who sets the clock back, or forth and back again, makes nothing last longer in this process.
func TestClockThatIsSetBackMakesNothingLastLonger(t *testing.T) {
	var c Clock
	start := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct{ now, want time.Duration }{{0, 0}, {time.Hour, time.Hour}, {0, time.Hour}, {-24 * time.Hour, time.Hour}, {2 * time.Hour, 2 * time.Hour}} {
		if got := c.noEarlier(start.Add(step.now)); !got.Equal(start.Add(step.want)) {
			t.Errorf("at %v it is %v, want %v", step.now, got.Sub(start), step.want)
		}
	}
}

func TestWithReplacesTheSameAndDropsWhatIsOver(t *testing.T) {
	first, over, other := lasting(time.Hour), lasting(-time.Minute), lasting(time.Hour)
	first.Made, over.Tool, other.Tool = first.Made.Add(-time.Hour), "over", "other"
	again := lasting(2 * time.Hour)
	again.Made = time.Now()
	all := With([]Permission{first, over, other}, again)
	if !reflect.DeepEqual(all, []Permission{other, again}) {
		t.Error(all)
	}
}

// What is read is written again as the same, whatever is in it, and covers no use but its own.
func FuzzDecode(f *testing.F) {
	whole, _ := Encode([]Permission{lasting(time.Hour)})
	f.Add(whole)
	f.Add(`[{"server":"a","secret":"b","every_tool":true,"made":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Decode(text)
		if err != nil {
			if all != nil {
				t.Error("an error comes with permissions")
			}
			return
		}
		written, err := Encode(all)
		if err != nil {
			t.Skip(err) // indented it may have no room
		}
		again, err := Decode(written)
		if err != nil || len(again) != len(all) {
			t.Fatalf("%v: %s", err, written)
		}
		for i, p := range again {
			if p.Subject != all[i].Subject || !p.Made.Equal(all[i].Made) || !p.Until.Equal(all[i].Until) {
				t.Errorf("%v is now %v", all[i], p)
			}
			if p.Covers(Use{}) || p.Covers(Use{Subject: Subject{Server: p.Server, Secret: p.Secret + "x", Tool: p.Tool, To: p.To}, IsTool: true}) {
				t.Errorf("%v covers another secret", p)
			}
		}
	})
}
