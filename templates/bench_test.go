package templates_test

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

// bigSchema has n secrets of mixed types, as real schemas have.
func bigSchema(n int) []byte {
	var text bytes.Buffer
	text.WriteString("version: 1\nserver: big\nsecrets:\n")
	for i := range n {
		fmt.Fprintf(&text, "  secret_%d:\n    label: Secret number %d\n    help_text: Create one under Account, then API keys, and copy it from there.\n", i, i)
		switch i % 5 {
		case 0, 1:
			fmt.Fprintf(&text, "    field_type: password\n    required: true\n    min_length: 16\n")
		case 2:
			fmt.Fprintf(&text, "    field_type: url\n    schemes: [https]\n    default: https://host-%d.example/api\n    permission: none\n", i)
		case 3:
			fmt.Fprintf(&text, "    field_type: email\n")
		case 4:
			fmt.Fprintf(&text, "    field_type: integer\n    min: 1\n    max: 65535\n    default: 8080\n")
		}
	}
	return text.Bytes()
}

// BenchmarkGenerate reports how long the way from the schema's bytes to the formatted code takes, as a ratio to its floor:
// go/format alone on the same code. The two take turns, and the median counts, so that a noisy machine disturbs little. The bound is 2.
func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			source := bigSchema(n)
			var whole time.Duration
			var ratios []float64
			for b.Loop() {
				start := time.Now()
				model, err := makeModel("secrets.yaml", source, templates.Options{Package: "golden"})
				if err != nil {
					b.Fatal(err)
				}
				code, err := model.Render()
				if err != nil {
					b.Fatal(err)
				}
				generated := time.Now()
				if _, err := format.Source(code); err != nil {
					b.Fatal(err)
				}
				whole += generated.Sub(start)
				ratios = append(ratios, float64(generated.Sub(start))/float64(time.Since(generated)))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "median-ratio")
			b.ReportMetric(float64(whole.Nanoseconds())/float64(b.N)/float64(n), "ns/secret")
		})
	}
}
