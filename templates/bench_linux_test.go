package templates_test

import (
	"fmt"
	"go/format"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/templates"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkGenerate goes the way from the schema's bytes to the formatted code. Its floor is go/format alone on that code.
func BenchmarkGenerate(b *testing.B) { benchmarkGenerate(b, bigSchema, 10, 100, 1_000, 10_000) }

// BenchmarkGenerateAlternatives is [BenchmarkGenerate] of a schema in which secrets depend on each other.
func BenchmarkGenerateAlternatives(b *testing.B) {
	benchmarkGenerate(b, fullSchema, 100, 1_000, 10_000)
}

func benchmarkGenerate(b *testing.B, schema func(n int) []byte, sizes ...int) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			source := schema(n)
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
