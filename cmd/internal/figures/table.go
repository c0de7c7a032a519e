package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// metrics are what a benchmark reports, by their units.
type metrics map[string]float64

// A name is that of a benchmark, without "Benchmark", and of its package.
type name struct{ pkg, benchmark string }

// processors is what go test appends to the name of a benchmark.
var processors = regexp.MustCompile(`-\d+$`)

// parse reads the output of benchmarks: those that report a ratio, and what it says about the machine.
func parse(output string) (results map[name]metrics, machine string) {
	results = map[name]metrics{}
	said := map[string]string{} // "cpu" and its like
	for line := range strings.Lines(output) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			said[key] = value
		}
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		m := metrics{}
		for i := 2; i+1 < len(words); i += 2 {
			m[words[i+1]], _ = strconv.ParseFloat(words[i], 64) // else it has no ratio
		}
		if m["ratio"] > 0 {
			results[name{said["pkg"], processors.ReplaceAllString(strings.TrimPrefix(words[0], "Benchmark"), "")}] = m
		}
	}
	return results, said["goos"] + "/" + said["goarch"] + ", " + said["cpu"]
}

// render makes the table, in Markdown. The error names every ratio that is over its bound; without a table, what is missing.
func render(figures []figure, results map[name]metrics, machine string) (table string, err error) {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(w, "| "+strings.Join(cells, "\t| ")+"\t|") }
	row("what", "its floor", "takes", "the floor", "ratio", "bound", "")
	row("---", "---", "--:", "--:", "--:", "--:", "---")
	var missing, over []error
	for _, f := range figures {
		key := name{module + "/" + f.folder, f.benchmark}
		m := results[key]
		delete(results, key)
		if m == nil {
			missing = append(missing, fmt.Errorf("%s: Benchmark%s gave no ratio", f.folder, f.benchmark))
			continue
		}
		verdict := "holds"
		if m["ratio"] > m["bound"] {
			verdict = "**over**"
			over = append(over, fmt.Errorf("%s: Benchmark%s: ratio %.2f, bound %.2f", f.folder, f.benchmark, m["ratio"], m["bound"]))
		}
		ours, floor := amounts(m)
		row(f.ours, f.floor, ours, floor, fmt.Sprintf("%.2f", m["ratio"]), fmt.Sprintf("%.2f", m["bound"]), verdict)
	}
	for key := range results {
		missing = append(missing, fmt.Errorf("%s: Benchmark%s has no line in the table", key.pkg, key.benchmark))
	}
	if missing != nil {
		return "", errors.Join(missing...)
	}
	_ = w.Flush() // into memory
	fmt.Fprintf(&b, "\nMedians of many turns, also of the ratio of each; on %s.\n", machine)
	return b.String(), errors.Join(over...)
}

// amounts returns what was measured, in readable units.
func amounts(m metrics) (ours, floor string) {
	if m["MB"] > 0 {
		return fmt.Sprintf("%.1f MB", m["MB"]), fmt.Sprintf("%.1f MB", m["floor-MB"])
	}
	return duration(m["ns/op"]), duration(m["floor-ns/op"])
}

// duration has three digits: 1.23ms.
func duration(ns float64) string {
	d, digits := time.Duration(ns), time.Duration(1)
	for d/digits >= 1000 {
		digits *= 10
	}
	return d.Round(digits).String()
}

const (
	beginMark = "<!-- figures -->\n"
	endMark   = "<!-- /figures -->\n"
)

// between returns the text with the table between its marks.
func between(text []byte, table string) ([]byte, error) {
	before, rest, ok := bytes.Cut(text, []byte(beginMark))
	_, after, ended := bytes.Cut(rest, []byte(endMark))
	if !ok || !ended {
		return nil, fmt.Errorf("no lines %q and %q", strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	return []byte(string(before) + beginMark + table + endMark + string(after)), nil
}
