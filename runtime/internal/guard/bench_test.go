package guard

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// randomText returns a text as keys are.
func randomText(r *rand.Rand, length int, alphabet string) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(text)
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

type content struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type toolResult struct {
	JSONRPC string `json:"jsonrpc"`
	ID      int    `json:"id"`
	Result  struct {
		Content           []content `json:"content"`
		StructuredContent any       `json:"structuredContent,omitempty"`
		IsError           bool      `json:"isError"`
	} `json:"result"`
}

type item struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	Link    string   `json:"link"`
	Price   float64  `json:"price"`
	Tags    []string `json:"tags"`
	Updated string   `json:"updated"`
}

func results() map[string]toolResult {
	const size = 1 << 20
	found := map[string]toolResult{}
	text := func(name, text string) { found[name] = textResult(text) }
	prose := "The adopters of a pet are asked for two references, and for a place where it can run; see the notes of 2024. "
	text("prose", strings.Repeat(prose, size/len(prose)))
	code := "func (s *Store) Pets(ctx context.Context, q string) ([]Pet, error) {\n\tif q == \"\" && len(s.pets) > 10 {\n\t\treturn nil, fmt.Errorf(\"empty: %w\", ErrQuery)\n\t}\n"
	text("code", strings.Repeat(code, size/len(code)))

	items := make([]item, 6000)
	for i := range items {
		items[i] = item{i, fmt.Sprintf("pet number %d", i), fmt.Sprintf("https://petstore.example/pets?id=%d&q=a%%20b%%2Fc", i), 12.5, []string{"dog", "brown", "calm"}, "2025-11-25T10:00:00Z"}
	}
	nested, _ := json.MarshalIndent(items, "", "  ")
	text("JSON-in-text", string(nested[:min(len(nested), size)]))
	adopters := escapeAll("领养宠物的人需要两份推荐", `\u%04x`) // JSON as Python writes it
	text("escapes-in-text", strings.Repeat(adopters, size/len(adopters)))
	leaves := toolResult{JSONRPC: "2.0", ID: 7}
	leaves.Result.Content = []content{}
	leaves.Result.StructuredContent = items
	found["small-leaves"] = leaves
	return found
}

func textResult(text string) toolResult {
	r := toolResult{JSONRPC: "2.0", ID: 7}
	r.Result.Content = []content{{"text", text}}
	return r
}

func tenSecrets() *Guard {
	r := rand.New(rand.NewPCG(1, 2))
	g := new(Guard)
	for range 6 {
		g.Learn("sk_live_"+randomText(r, 40, base62), "sk_live_")
	}
	g.Learn("correct horse battery staple", "")
	g.Learn("p@ss/w0rd+%&\\\"<x>", "")
	g.Learn(randomText(r, 64, base62+"+/"), "")
	g.Learn("-----BEGIN PRIVATE KEY-----\n"+strings.Join(lines(r, 26), "\n")+"\n-----END PRIVATE KEY-----\n", "")
	return g
}

// BenchmarkJSON masks results of which nothing is masked, as nearly all are. Its floor is what the server does to the same
// result anyway.
func BenchmarkJSON(b *testing.B) {
	g := tenSecrets()
	for name, result := range results() {
		b.Run(name, func(b *testing.B) { against(b, 4, g, result, false) })
	}
}

// BenchmarkHits masks results with so many keys in them.
func BenchmarkHits(b *testing.B) {
	g := tenSecrets()
	g.Learn(benchKey, "")
	for _, count := range []int{1, 1000, 20_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			const size = 1 << 20
			prose := "The adopters of a pet are asked for two references, and for a place where it can run. "
			between := strings.Repeat(prose, size/count/len(prose)+1)[:size/count] + " " + benchKey + " "
			against(b, 4, g, textResult(strings.Repeat(between, count)), true)
		})
	}
}

const benchKey = "Ab3dE6gH1jKlMn0pQrStUvWxYz2b4d6f8h0jKlM2"

// BenchmarkKnown masks with so many values known, of which one in ten is a private key.
func BenchmarkKnown(b *testing.B) {
	for _, count := range []int{100, 1000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			g := new(Guard)
			for i := range count {
				if i%10 == 0 {
					g.Learn("-----BEGIN PRIVATE KEY-----\n"+strings.Join(lines(r, 26), "\n")+"\n-----END PRIVATE KEY-----\n", "")
				} else {
					g.Learn(randomText(r, 40, base62), "")
				}
			}
			against(b, 4, g, results()["code"], false)
		})
	}
}

// BenchmarkLong masks ten times as much.
func BenchmarkLong(b *testing.B) {
	against(b, 4, tenSecrets(), textResult(strings.Repeat(results()["code"].Result.Content[0].Text, 10)), false)
}

// against measures a guard against what the server does to the same result anyway.
func against(b *testing.B, bound float64, g *Guard, result toolResult, masks bool) {
	message, _ := json.Marshal(result)
	ratio.Measure(b, bound, func() {
		if _, err := json.Marshal(result); err != nil {
			b.Fatal(err)
		}
	}, func() {
		if masked := g.JSON(message); (&masked[0] != &message[0]) != masks {
			b.Fatal("masked what it should not, or nothing")
		}
	})
}

func lines(r *rand.Rand, count int) []string {
	lines := make([]string, count)
	for i := range lines {
		lines[i] = randomText(r, 64, base62+"+/")
	}
	return lines
}

// BenchmarkLearn shows what each value costs, in time and memory.
func BenchmarkLearn(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, next := range map[string]func() string{
		"key": func() string { return randomText(r, 40, base62) },
		"private-key": func() string {
			return "-----BEGIN PRIVATE KEY-----\n" + strings.Join(lines(r, 26), "\n")
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			g := new(Guard)
			for i := 0; b.Loop(); i++ {
				if i%100 == 0 {
					g = new(Guard)
				}
				g.Learn(next(), "")
			}
		})
	}
}

var raceDetector bool // under which pools forget at random
