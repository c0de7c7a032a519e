package main

import (
	"os"
	"strings"
	"testing"
)

const output = `goos: linux
goarch: amd64
pkg: github.com/mcpsecrets/mcpsecrets/a
cpu: A processor: fast
BenchmarkGet-2   	     756	   1612233 ns/op	         1.200 bound	    801611 floor-ns/op	         2.011 ratio
BenchmarkPlain/of=10-16         	   10000	    119420 ns/op	  13.12 MB/s
PASS
ok  	github.com/mcpsecrets/mcpsecrets/a	3.830s
pkg: github.com/mcpsecrets/mcpsecrets/b
BenchmarkStart/memory	52	  34641532 ns/op	        13.64 MB	         1.500 bound	        10.21 floor-MB	         1.335 ratio
--- SKIP: BenchmarkOther
    x_test.go:1: missing: zenity
PASS
`

const want = `| what   | its floor | takes   | the floor | ratio | bound |          |
| ---    | ---       | --:     | --:       | --:   | --:   | ---      |
| get    | bare      | 1.61ms  | 802µs     | 2.01  | 1.20  | **over** |
| memory | the same  | 13.6 MB | 10.2 MB   | 1.33  | 1.50  | holds    |

Medians of many turns, also of the ratio of each; on linux/amd64, A processor: fast.
`

var lines = []figure{{"a", "Get", "get", "bare"}, {"b", "Start/memory", "memory", "the same"}}

func TestTableOfOutput(t *testing.T) {
	results, machine := parse(output)
	table, err := render(lines, results, machine)
	if table != want {
		t.Errorf("got\n%s\nwant\n%s", table, want)
	}
	if err == nil || err.Error() != "a: BenchmarkGet: ratio 2.01, bound 1.20" {
		t.Errorf("the ratio over its bound: %v", err)
	}
}

func TestEveryFigureHasItsLineAndEveryLineItsFigure(t *testing.T) {
	for about, figures := range map[string][]figure{
		"b: BenchmarkOther gave no ratio":  append(lines, figure{"b", "Other", "other", "bare"}),
		"has no line in the table":         lines[:1],
		"a: BenchmarkPlain/of=10 gave no ": append(lines, figure{"a", "Plain/of=10", "plain", "bare"}),
	} {
		results, machine := parse(output)
		if table, err := render(figures, results, machine); table != "" || err == nil || !strings.Contains(err.Error(), about) {
			t.Errorf("%s: got %q, %v", about, table, err)
		}
	}
}

func TestTableBetweenMarks(t *testing.T) {
	got, err := between([]byte("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n"), "new\n")
	if want := "before\n<!-- figures -->\nnew\n<!-- /figures -->\nafter\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	for _, text := range []string{"", "<!-- figures -->\n", "<!-- /figures -->\n<!-- figures -->\n"} {
		if _, err := between([]byte(text), "new\n"); err == nil {
			t.Errorf("%q has no marks", text)
		}
	}
}

// docs/figures.md has the marks that "make figures" looks for, and between them a line for each figure.
func TestPageOfFigures(t *testing.T) {
	page, err := os.ReadFile("../../../docs/figures.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := between(page, "new\n"); err != nil {
		t.Error(err)
	}
	rest := string(page)
	for _, f := range figures {
		_, after, ok := strings.Cut(rest, "\n| "+f.ours+" ")
		if line, _, _ := strings.Cut(after, "\n"); !ok || !strings.Contains(line, "| "+f.floor+" ") {
			t.Fatalf("no line says %q against %q: run make figures", f.ours, f.floor)
		}
		rest = after
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[float64]string{999: "999ns", 1234.5: "1.23µs", 802_499: "802µs", 2_616_214_238: "2.62s", 61e9: "1m1s"} {
		if got := duration(ns); got != want {
			t.Errorf("%v is %s, want %s", ns, got, want)
		}
	}
}
