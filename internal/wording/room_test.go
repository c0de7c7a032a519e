package wording_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// TestDialogFits: what is told without putting the dialog together is what its height says, at every height around the limit.
func TestDialogFits(t *testing.T) {
	sentences := wording.English()
	seen := map[bool]int{}
	for _, help := range []string{"", "Words. ", "\n", " \n", strings.Repeat("w", layout.Columns-1) + "\n", "鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵 "} {
		for times := range 2 * layout.Lines {
			for _, base := range []field.Field{
				{Label: "Key", Type: field.Text, Required: true},
				{Label: strings.Repeat("W", 40), Type: field.Multiline, Placeholder: strings.Repeat("W ", 50), MinLength: 8, MaxLength: 100, Prefixes: []string{"k-"}},
				{Label: "Key", Type: field.Password, Docs: "https://docs.example.com/" + strings.Repeat("w", 155)},
			} {
				base.Help = strings.Repeat(help, times) + "w"
				height := sentences.DialogHeight("server", base)
				fits := sentences.DialogFits("server", base)
				if fits != (height <= layout.Lines) {
					t.Errorf("%s: a dialog of %d lines fits: %v", fmt.Sprintf("%d times %q, %s", times, help, base.Type), height, fits)
				}
				seen[fits]++
			}
		}
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("only one answer was tried: %v", seen)
	}
}
