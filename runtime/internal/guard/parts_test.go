package guard

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

func TestParts(t *testing.T) {
	g := learn(stripe, odd)
	secret := strings.TrimPrefix(stripe, "sk_live_")
	encoded := base64.StdEncoding.EncodeToString([]byte("user:" + stripe))
	tests := []struct{ in, want []string }{
		{[]string{"no", "value"}, []string{"no", "value"}},
		{[]string{"the key is " + secret[:5], secret[5:13], secret[13:] + ", sic"}, []string{"the key is [redacted]", "[redacted]", "[redacted], sic"}},
		{[]string{secret[:20], "", secret[20:] + "\nnext"}, []string{"[redacted]", "", "[redacted]\nnext"}}, // no block in the last part
		{strings.Split(secret, ""), slices.Repeat([]string{Redacted}, len(secret))},
		{[]string{"Basic " + encoded[:9], encoded[9:17], encoded[17:]}, []string{"Basic [redacted]", "[redacted]", "[redacted]"}},
		{[]string{"a\n", odd[:3], odd[3:], "\nb"}, []string{"a\n", "[redacted]", "[redacted]", "\nb"}},
		{[]string{secret[:5], " ", secret[5:8]}, []string{secret[:5], " ", secret[5:8]}}, // not the value
		{nil, nil},
	}
	for _, test := range tests {
		if got := g.Parts(test.in); !slices.Equal(got, test.want) {
			t.Errorf("%q\n got  %q\n want %q", test.in, got, test.want)
		}
	}
	in := []string{"no", "value"}
	if got := g.Parts(in); &got[0] != &in[0] {
		t.Error("a copy of what has no value")
	}
}
