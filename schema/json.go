package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// parseJSON reads a text with "\n" line ends. A file that begins with "{" is JSON: YAML would accept most of it, but
// neither tabs in every place nor every escape.
func parseJSON(src string) (*node, []mistake) {
	j := &jsonReader{src: src, pos: Pos{1, 1}, dec: json.NewDecoder(strings.NewReader(src))}
	j.dec.UseNumber()
	n, err := j.value(0)
	if err == nil {
		j.advance(int(j.dec.InputOffset()))
		j.skip(" \t\n")
		if j.offset == len(src) {
			return n, nil
		}
		err = errors.New("the JSON object ends before this")
	}
	return nil, []mistake{{lines(strings.Split(src, "\n")).clamp(j.pos), err.Error()}}
}

// A jsonReader reads tokens into nodes, and follows them through the text: a decoder tells where a token ends, not where
// it begins.
type jsonReader struct {
	src    string
	dec    *json.Decoder
	offset int // of the place that pos names
	pos    Pos
}

func (j *jsonReader) value(depth int) (*node, error) {
	t, err := j.token()
	if err != nil {
		return nil, err
	}
	n := &node{pos: j.pos, size: 1}
	switch t := t.(type) {
	case nil:
		n.kind = null
	case bool:
		n.kind, n.text = boolean, fmt.Sprint(t)
	case json.Number:
		n.kind, n.text = number, t.String()
	case string:
		n.kind, n.text = text, t
		if j.lost(t) {
			return nil, errors.New("an escape in this text stands for no character: half of a pair such as \\ud83d\\udd11")
		}
	case json.Delim:
		if depth >= maxDepth {
			return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
		}
		n.kind = list
		if t == '{' {
			n.kind = mapping
		}
		for j.dec.More() {
			if err := j.member(n, depth+1); err != nil {
				return nil, err
			}
		}
		if _, err := j.token(); err != nil { // the closing bracket
			return nil, err
		}
	}
	return n, nil
}

// member reads the next entry or item of n.
func (j *jsonReader) member(n *node, depth int) error {
	if n.kind == list {
		item, err := j.value(depth)
		if err == nil {
			n.append(item)
		}
		return err
	}
	key, err := j.token()
	if err != nil {
		return err
	}
	e := entry{key: key.(string), pos: j.pos} // the decoder accepts nothing else here
	if e.value, err = j.value(depth); err == nil {
		n.add(e)
	}
	return err
}

// token returns the next token and goes to where it begins. An error is one line, and then j is where it was found.
func (j *jsonReader) token() (json.Token, error) {
	j.advance(int(j.dec.InputOffset()))
	t, err := j.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		j.skip(" \t\n,:")
		return t, nil
	case errors.As(err, &syntax):
		// The offset counts what was read, the wrong character included.
		if offset := int(syntax.Offset) - 1; offset > j.offset {
			j.advance(offset)
		} else {
			j.skip(" \t\n")
		}
		return nil, fmt.Errorf(`a file that begins with "{" must be JSON: %s`, syntax)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		j.advance(len(j.src))
		return nil, errors.New("the file ends inside the JSON object")
	}
	return nil, fmt.Errorf(`a file that begins with "{" must be JSON: %s`, quote(err.Error()))
}

// lost reports whether the decoder has put U+FFFD into the text that it has just read, for an escape that stands for no
// character.
func (j *jsonReader) lost(text string) bool {
	const lost = string(utf8.RuneError)
	written := j.src[j.offset:j.dec.InputOffset()]
	return strings.Count(text, lost) > strings.Count(written, lost)+strings.Count(strings.ToLower(written), `\ufffd`)
}

func (j *jsonReader) skip(chars string) {
	rest := strings.TrimLeft(j.src[j.offset:], chars)
	j.advance(len(j.src) - len(rest))
}

// advance moves to an offset further on.
func (j *jsonReader) advance(offset int) {
	passed := j.src[j.offset:max(j.offset, min(offset, len(j.src)))]
	j.offset += len(passed)
	if i := strings.LastIndexByte(passed, '\n'); i >= 0 {
		j.pos = Pos{j.pos.Line + strings.Count(passed, "\n"), 1}
		passed = passed[i+1:]
	}
	j.pos.Column += utf8.RuneCountInString(passed)
}
