package guard

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What is known of a value for a part of it, such as a key in a line, is cut where the value is cut: who knows a block has
// all of the next one to guess. If blocks overlapped, only the rest of it would be left to guess.
func TestBlocksDoNotOverlap(t *testing.T) {
	values := map[string]string{
		"a password like a key":  "[db]\nuser = app\npasswd = IY1)fkKhZ5zgwv5oNArCh3wj=lE(6\n; old\n",
		"with a dot":             "API_KEY=abcd.efghIJklmn0pQrs7uvWx\nPORT=1\n",
		"Go's MySQL":             "app:ivTZ6QF4x9qEwK2m@tcp(db.internal:3306)/shop?parseTime=true",
		"no scheme":              "app:6inCE2a61wpLVi@db.example.com:5432/shop",
		"JDBC, Oracle":           "jdbc:oracle:thin:scott/6inCE2a61wpL@//db.example.com:1521/svc",
		"a key in a line":        "for the shop: ghp_6IMIr2NMaXy0vTxP2Ni7zEHI3U9zpng0qOBK\nand the other one, as agreed\n",
		"two that only overlap":  `{"client_id":"shop","password":"NVXXT-1N1wKZ_uxGnJcP[p"}`,
		"PEM in a block of YAML": "tls:\n  key: |\n    -----BEGIN EC PRIVATE KEY-----\n    MHcCAQEE17HZ1CWoRTiIPGwZcIbBZI2DYgz+YhCoJBEAs9Q4+ugFJdYuXqy4Jm9mKwV+u+KT\n    -----END EC PRIVATE KEY-----\n",
	}
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		for seed := range uint64(10) {
			m := &maker{r: rand.New(rand.NewPCG(seed, 5))}
			values[name+strings.Repeat("'", int(seed))] = shapes[name](m)
		}
	}
	for name, value := range values {
		blocks := allBlocks(pieces(value, ""))
		if len(blocks) == 0 {
			t.Errorf("%s: no blocks of %q", name, value)
		}
		for i, block := range blocks {
			for _, other := range blocks[i+1:] {
				if overlap := overlapIn(value, block.text, other.text); overlap != "" {
					t.Errorf("%s: %q and %q have %q in common in %q", name, block.text, other.text, overlap, value)
				}
			}
		}
	}
}

// overlapIn returns what two different texts share of a value that has them both.
func overlapIn(value, a, b string) string {
	at, other := strings.Index(value, a), strings.Index(value, b)
	if from, to := max(at, other), min(at+len(a), other+len(b)); at >= 0 && other >= 0 && a != b && from < to {
		return value[from:to]
	}
	return ""
}

// Of a value that has a part that is looked for by itself, the beginning is still found, and the part, each alone.
func TestPartsOfAValueAreFoundAlone(t *testing.T) {
	for _, test := range []struct {
		value string
		shown []string
	}{
		{"[db]\nuser = app\npasswd = IY1)fkKhZ5zgwv5oNArCh3wj=lE(6\n", []string{"IY1)fkKh", "passwd = IY1)fkKhZ5zgwv5oNArCh3wj=lE(6"}},
		{"API_KEY=abcd.efghIJklmn0pQrs7uvWx\nPORT=1\n", []string{"abcd.efg", "abcd.efghIJklmn0pQrs7uvWx"}},
		{"app:6inCE2a61wpLVi@db.example.com:5432/shop", []string{"6inCE2a6", "6inCE2a61wpLVi", "app:6inCE2a61wpLVi@db.example.com:5432/shop"}},
		{"for the shop: ghp_6IMIr2NMaXy0vTxP2Ni7zEHI3U9zpng0qOBK\nand the other one\n", []string{"6IMIr2NM", "ghp_6IMIr2NMaXy0vTxP2Ni7zEHI3U9zpng0qOBK"}},
	} {
		g := learn(test.value)
		for _, shown := range test.shown {
			if got := g.Text(shown); !strings.Contains(got, Redacted) {
				t.Errorf("%q is left of %q", got, test.value)
			}
		}
	}
}

// Pieces that repeat themselves and each other have blocks nevertheless.
func TestPiecesThatRepeat(t *testing.T) {
	for _, all := range [][]string{
		{"abababababababab", "xababababababababab", "babababababababy"}, {"aaaaaaaaaaaaaaaab", "baaaaaaaaaaaaaaaa"}, {"12345678123456781", "81234567812345678"},
		{"ab12cd34", "34ab12cd34ab12cd34"},
	} {
		borders := bordersOf(all)
		for _, piece := range all {
			if len(blocks(piece, borders[piece])) == 0 {
				t.Errorf("%q of %q has no block", piece, all)
			}
		}
	}
}

// Of values that share a part, as a token and a file that has it, no blocks overlap either, whichever is learned first.
func TestBlocksOfTwoValuesDoNotOverlap(t *testing.T) {
	for _, key := range []string{"1000000293:AAt0Oz52P0slbMbM8dfvB6Vab580IqbKjIN", "IY1)fkKhZ5zgwv5oNArCh3wj=lE(6", "A4jImKyNiItm9k.atlasv1.YFC4h21nYXuDcsNkWdkMQrrfYwXirDelqIby", "acme_6inCE2a61wpLVi"} {
		for _, format := range []string{"PORT=1\nAPI_KEY=%s\nB=2\n", "PORT=1\nFOO=%s\nB=2\n", "https://api.example.org/bot%s/send", "the key is %s", "x9%s", "Server=a;User ID=b;Password=%s;X=1"} {
			value := strings.ReplaceAll(format, "%s", key)
			for _, learned := range [][]string{{key, value}, {value, key}} {
				g := learn(learned...)
				for text := range g.known.blocks {
					for other := range g.known.blocks {
						if overlap := overlapIn(value, text, other); overlap != "" {
							t.Errorf("%q: %q and %q have %q in common", learned, text, other, overlap)
						}
					}
				}
				for _, shown := range []string{key, value, key[:2*minimum], "key: " + key} {
					if got := g.Text(shown); !strings.Contains(got, Redacted) {
						t.Errorf("%q: %q is left", learned, got)
					}
				}
			}
		}
	}
}
