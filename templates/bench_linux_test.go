package templates_test

import (
	"fmt"
	"go/format"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/templates"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

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
