package laws

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// What has no secret in it arrives byte for byte as a server writes it that has no guard, whatever the guard knows.

// An ordinary result is what the subject is told to say.
type ordinary struct {
	result, structure string
}

// ordinaryResults are results as tools that many know return them, and some of this repository's files in the ways in which
// tools return files.
func ordinaryResults(t *testing.T, r *rand.Rand) (all []ordinary) {
	t.Helper()
	for _, line := range readLines(t, "results.jsonl") {
		all = append(all, ordinary{result: line})
	}
	for _, line := range readLines(t, "structures.jsonl") {
		var structure string
		if err := json.Unmarshal([]byte(line), &structure); err != nil {
			t.Fatal(err)
		}
		all = append(all, ordinary{`{"content":[]}`, structure})
	}
	files := repositoryFiles(t)
	for range half(20) {
		path := files[r.IntN(len(files))]
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("PRIVATE KEY")) {
			continue // another key of the same kind may begin like the secret one
		}
		content = content[:min(len(content), 256<<10)]
		text := strings.ToValidUTF8(string(content), "\ufffd")
		for _, part := range []map[string]any{
			{"type": "text", "text": text},
			{"type": "text", "text": hex.Dump(content[:min(len(content), 4096)])},
			{"type": "text", "text": quoted(quoted(text))},
			{"type": "resource", "resource": map[string]string{"uri": "file:///x", "text": text}},
			{"type": "resource", "resource": map[string]string{"uri": "file:///x", "blob": base64.StdEncoding.EncodeToString(content)}},
		} {
			result, _ := json.Marshal(map[string]any{"content": []any{part}}) // of texts
			all = append(all, ordinary{result: string(result)})
		}
	}
	return all
}

func quoted(text string) string {
	quoted, _ := json.Marshal(text) // of a string
	return string(quoted)
}

func readLines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func repositoryFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".yaml", ".json", ".png", ".sum", ".txtar":
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// unlikely makes values that are in no ordinary text. A pass phrase that begins with a word of eight letters is: the guard's
// doc.go says so.
func unlikely(r *rand.Rand, makers []maker) value {
	for {
		if v := choose(r, makers); v.kind != "a pass phrase" && v.kind != "little chance" {
			return v
		}
	}
}

func TestOrdinaryResultsStayAsTheyAre(t *testing.T) { onEachSDK(t, ordinaryResultsStayAsTheyAre) }

func ordinaryResultsStayAsTheyAre(t *testing.T, sdk string) {
	r := chance.Source(t)
	s := openStage(t, sdk)
	results := ordinaryResults(t, r)
	said := 0
	for _, over := range []func(string, answer, ...string) *session{s.visit, s.visitHTTP} {
		for range chance.Times() {
			revision := pick(r, revisions)
			for _, secret := range makersOf {
				s.store(secret.name, unlikely(r, secret.makers).text)
			}
			guarded, bare := over(revision, nil, bypass), over(revision, nil, bypass, "SUBJECT_BARE=true")
			text, isError, err := guarded.call("use_all", nil)
			if err != nil || isError {
				t.Fatal(text, err)
			}
			_, _, err = bare.call("plain", nil) // so that the numbers of the requests are the same
			s.must(err)
			for i, result := range results {
				arguments, _ := json.Marshal(map[string]string{"result": result.result, "structure": result.structure})
				at := [2]int{}
				for k, v := range []*session{guarded, bare} {
					at[k] = len(v.out.String())
					_, err := v.CallTool(t.Context(), &mcp.CallToolParams{Name: "say", Arguments: json.RawMessage(arguments)})
					if err != nil && !strings.Contains(err.Error(), "unmarshal") { // the client does not know all kinds
						t.Fatalf("result %d: %v", i, err)
					}
				}
				got, want := messages(guarded.out.String()[at[0]:]), messages(bare.out.String()[at[1]:])
				if len(want) == 0 || !bytes.Equal(got, want) {
					wanted, had := difference(want, got)
					t.Errorf("%s: result %d, %.300s\nwithout a guard ...%.600s\nwith it ...%.600s", revision, i, result.result, wanted, had)
				}
				said++
			}
			guarded.kill()
			bare.kill()
		}
	}
	t.Logf("%d results, of which none was touched", said)
}

// difference returns where two texts begin to differ, with some of what is before it.
func difference(a, b []byte) (ofA, ofB []byte) {
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	from := max(same-300, 0)
	return a[from:], b[from:]
}

// messages are the lines with JSON-RPC of what a server wrote.
func messages(written string) (found []byte) {
	for line := range strings.Lines(written) {
		if strings.HasPrefix(line, "{") || strings.HasPrefix(line, "data:") {
			found = append(found, line...)
		}
	}
	return found
}

// Of a result that does have a secret in it, all else arrives.
func TestAllElseOfAResultArrives(t *testing.T) { onEachSDK(t, allElseOfAResultArrives) }

func allElseOfAResultArrives(t *testing.T, sdk string) {
	r := chance.Source(t)
	s := openStage(t, sdk)
	key := text(r, digits+lower+upper, 24, 40)
	for name, value := range map[string]string{"key": key, "name": "Rex", "file": text(r, digits+lower+upper, 40, 60)} {
		s.store(name, value)
	}
	guarded, bare := s.visit(revisions[1], nil, bypass), s.visit(revisions[1], nil, bypass, "SUBJECT_BARE=true")
	_, _, err := guarded.call("use_all", nil)
	s.must(err)
	_, _, err = bare.call("plain", nil)
	s.must(err)
	structures := readLines(t, "structures.jsonl")
	for i, line := range readLines(t, "results.jsonl") {
		var result map[string]any
		var structure string
		decode(t, line, &result)
		decode(t, structures[i%len(structures)], &structure)
		content, _ := result["content"].([]any)
		result["content"] = append(content, map[string]string{"type": "text", "text": "\nthe key is " + key + ", sic"})
		with, _ := json.Marshal(result) // it came as JSON
		arguments, _ := json.Marshal(map[string]string{"result": string(with), "structure": structure})
		var answers [2]any
		for k, v := range []*session{guarded, bare} {
			at := len(v.out.String())
			// An error is the client's, which does not know all kinds of content.
			_, _ = v.CallTool(t.Context(), &mcp.CallToolParams{Name: "say", Arguments: json.RawMessage(arguments)})
			decode(t, strings.ReplaceAll(v.out.String()[at:], key, "[redacted]"), &answers[k])
			if masked := !strings.Contains(v.out.String()[at:], key); masked != (v == guarded) {
				t.Errorf("result %d: masked is %t", i, masked)
			}
		}
		if !reflect.DeepEqual(answers[0], answers[1]) {
			t.Errorf("result %d\nwithout a guard %v\nwith it         %v", i, answers[1], answers[0])
		}
	}
}

// decode decodes JSON without a change to its numbers.
func decode(t *testing.T, text string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
