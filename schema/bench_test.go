package schema

import (
	"fmt"
	"strings"
	"testing"
)

// manySecrets returns a schema of n secrets of six lines each.
func manySecrets(n int) []byte {
	var b strings.Builder
	b.WriteString("version: 1\nserver: petstore\nsecrets:\n")
	for i := range n {
		fmt.Fprintf(&b, `  secret_%d:
    label: Secret number %d
    field_type: password
    required: true
    help_text: Create one under Account, API keys.
    min_length: 16
`, i, i)
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10, 100, 1_000, 10_000} {
		src := manySecrets(n)
		b.Run(fmt.Sprintf("secrets=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("secrets.yaml", src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
