package templates_test

import (
	"bytes"
	"fmt"
	"go/format"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/templates"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
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

// BenchmarkGenerate goes the way from the schema's bytes to the formatted code. Its floor is go/format alone on that code.
func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			source := bigSchema(n)
			var code []byte
			generate := func() {
				model, err := makeModel("secrets.yaml", source, templates.Options{Package: "golden"})
				if err != nil {
					b.Fatal(err)
				}
				if code, err = model.Render(); err != nil {
					b.Fatal(err)
				}
			}
			generate()
			ratio.MeasureCPU(b, 2, func() {
				if _, err := format.Source(code); err != nil {
					b.Fatal(err)
				}
			}, generate)
		})
	}
}
