package secrets

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A Schema is what generated code hands to [Open].
type Schema struct {
	Server   string   // the keychain service is "com.mcp." + Server
	Manifest string   // secrets.golden.json, whose sentences are shown
	Keys     []AnyKey // every key, in schema order; those of one_ofs last
}

// manifest is what the runtime reads of secrets.golden.json.
type manifest struct {
	Server    string            `json:"server"`
	Sentences wording.Sentences `json:"sentences"`
	Secrets   []manifestEntry   `json:"secrets"`
	OneOf     []manifestEntry   `json:"one_of"`
	Groups    []manifestGroup   `json:"groups"`
	AllOrNone []manifestGroup   `json:"all_or_none"`
	All       struct {
		Reasons []string `json:"reasons"`
	} `json:"all"`
	Reasons []string `json:"reasons"` // given where it can't be told at which getter
}

// A manifestGroup is of secrets that are got together.
type manifestGroup struct {
	Secrets []string `json:"secrets"`
	Reasons []string `json:"reasons"`
}

// A manifestEntry is a secret, or a one_of, which has a key as well.
type manifestEntry struct {
	Name       string   `json:"name"`
	Label      string   `json:"label"`
	Help       string   `json:"help_text"`
	Docs       string   `json:"docs"`
	Reasons    []string `json:"reasons"`
	Rejections []string `json:"rejections"`
}

// reasons are those that were reviewed.
type reasons map[Reason]bool

// reasons returns all reasons of the manifest that can be shown: the generator writes no others.
func (m *manifest) reasons() reasons {
	reviewed := reasons{}
	add := func(list []string) {
		for _, text := range list {
			if wording.ReasonText.Check(text) == nil {
				reviewed[Reason(text)] = true
			}
		}
	}
	for _, s := range slices.Concat(m.Secrets, m.OneOf) {
		add(s.Reasons)
		add(s.Rejections)
	}
	for _, g := range slices.Concat(m.Groups, m.AllOrNone) {
		add(g.Reasons)
	}
	add(m.All.Reasons)
	add(m.Reasons)
	return reviewed
}

// isReviewed reports whether a reason can be shown: no reason can too.
func (r reasons) isReviewed(reason Reason) bool { return reason == "" || r[reason] }

// groups returns the names of the secrets of each group.
func (m *manifest) groups() [][]string {
	groups := make([][]string, len(m.Groups))
	for i, g := range m.Groups {
		groups[i] = g.Secrets
	}
	return groups
}

// readManifest returns the schema's manifest. One that was made for other keys is an error: what was
// reviewed would not be what is shown. A sentence that it lacks is the runtime's English: the manifest of an older generator
// opens with a runtime that has more to say, and "mcpsecrets-gen check" reports it.
func (s Schema) readManifest() (*manifest, error) {
	var m manifest
	if err := json.Unmarshal([]byte(s.Manifest), &m); err != nil {
		return nil, fmt.Errorf("secrets: the manifest can't be read: %w", err)
	}
	entries := slices.Concat(m.Secrets, m.OneOf)
	same := m.Server == s.Server && len(entries) == len(s.Keys)
	for i := 0; same && i < len(s.Keys); i++ {
		def := s.Keys[i].definition()
		same = def != nil && entries[i].Name == def.Name && entries[i].Label == def.Label && entries[i].Help == def.Help && entries[i].Docs == def.Docs
	}
	if !same {
		return nil, fmt.Errorf("secrets: the manifest and the code were generated from different schemas of server %q: run go generate", s.Server)
	}
	m.Sentences = m.Sentences.Complete()
	sentences := m.Sentences
	for _, labels := range [][]string{
		{sentences.Question.Allow, sentences.Question.AllowSession, sentences.Question.Deny},
		{sentences.Form.Match, sentences.Form.Differ},
	} {
		for i, label := range labels {
			if slices.Contains(labels[:i], label) {
				return nil, errors.New("secrets: the manifest has answers that are alike: run go generate")
			}
		}
	}
	return &m, nil
}
