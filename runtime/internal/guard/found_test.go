package guard

import (
	"bytes"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// writings are the ways of writing a value in which it is found.
var writings = map[string]func(string) string{
	"as it is":             func(s string) string { return s },
	"after a space":        func(s string) string { return "the key is " + s },
	"JSON":                 func(s string) string { return marshalled(s) },
	"JSON in JSON":         func(s string) string { return marshalled(marshalled(s)) },
	"JSON in an object":    func(s string) string { return marshalled(map[string]any{"a": marshalled(map[string]string{"k": s})}) },
	"JSON, all":            func(s string) string { return units(s, `\u%04x`) },
	"Go":                   strconv.Quote,
	"Go, ASCII":            strconv.QuoteToASCII,
	"Go, %#v of a map":     func(s string) string { return fmt.Sprintf("%#v", map[string]string{"k": s}) },
	"Go, %v of bytes":      func(s string) string { return fmt.Sprintf("key: %v", []byte(s)) },
	"Go, %#v of bytes":     func(s string) string { return fmt.Sprintf("key: %#v", []byte(s)) },
	"Go, %x":               func(s string) string { return fmt.Sprintf("%x", s) },
	"Go, % x":              func(s string) string { return fmt.Sprintf("% x", s) },
	"Go, % X":              func(s string) string { return fmt.Sprintf("% X", s) },
	"Go, %#x":              func(s string) string { return fmt.Sprintf("%#x", s) },
	"Go, %# x":             func(s string) string { return fmt.Sprintf("%# x", s) },
	"Go, hex.Dump":         func(s string) string { return hex.Dump([]byte("key: " + s)) },
	"xxd":                  func(s string) string { return xxd("key: "+s, 2) },
	"xxd -g 4":             func(s string) string { return xxd(s, 4) },
	"od -t x1":             func(s string) string { return od(s) },
	"hex, colons":          func(s string) string { return strings.ReplaceAll(fmt.Sprintf("% x", s), " ", ":") },
	"hex, dashes":          func(s string) string { return strings.ReplaceAll(fmt.Sprintf("% X", s), " ", "-") },
	"hex, commas":          func(s string) string { return strings.ReplaceAll(fmt.Sprintf("%# x", s), " ", ", ") },
	"hex, in lines":        func(s string) string { return inLines(fmt.Sprintf("%x", s), 60) },
	"hex, mixed case":      func(s string) string { return fmt.Sprintf("%x%X", s[:len(s)/2], s[len(s)/2:]) },
	"hex, inside":          func(s string) string { return "f" + fmt.Sprintf("%x", "a"+s+"b") },
	"hex, dots":            func(s string) string { return hexWith(s, ".") },
	"hex, underscores":     func(s string) string { return hexWith(s, "_") },
	"hex, bars":            func(s string) string { return hexWith(s, "|") },
	"hex, pluses":          func(s string) string { return hexWith(s, "+") },
	"empty Braille":        func(s string) string { return between(s, 2, "\u2800") },
	"decimal, dots":        func(s string) string { return decimalWith(s, ".") },
	"decimal, bars":        func(s string) string { return decimalWith(s, " | ") },
	"decimal, pluses":      func(s string) string { return decimalWith(s, "+") },
	"decimal, semicolons":  func(s string) string { return decimalWith(s, ";") },
	"%v in a form":         func(s string) string { return url.Values{"k": {fmt.Sprint([]byte(s))}}.Encode() },
	"JavaScript, an array": func(s string) string { return indexed(s, "{", `"%d":%d`, ",", "}") },
	"JavaScript, indented": func(s string) string { return indexed(s, "{\n", `  "%d": %d`, ",\n", "\n}") },
	"JavaScript, inside":   func(s string) string { return indexed("\x00"+s, `{"id":0,"k":{`, `"%d":%d`, ",", "}}") },
	"Python, a dict":       func(s string) string { return indexed(s, "{", `%d: %d`, ", ", "}") },
	"YAML, indexed":        func(s string) string { return indexed(s, "", `'%d': %d`, "\n", "") },
	"Node, a buffer":       func(s string) string { return `{"type":"Buffer","data":[` + decimalWith(s, ",") + `]}` },
	"Node, inspected":      func(s string) string { return "<Buffer " + hexWith(s, " ") + ">" },
	"C#":                   func(s string) string { return strings.ToUpper(hexWith(s, "-")) },
	"C, an array":          func(s string) string { return "{ 0x" + hexWith(s, ", 0x") + " }" },
	"UTF-16, as %U":        func(s string) string { return fmt.Sprintf("%U", []rune(s)) },
	"Wireshark":            func(s string) string { return dump("key: "+s, "%04x   ", 1) },
	"tcpdump -x":           func(s string) string { return dump("Authorization: Bearer "+s, "\t0x%04x:  ", 2) },
	"gdb, x/16xb":          func(s string) string { return gdb(s) },
	"Format-Hex":           func(s string) string { return dump(s, "%016X ", 1) },
	"od -A x -t x1":        func(s string) string { return dump("a: "+s, "%06x ", 1) },
	"JSON of bytes":        func(s string) string { return strings.ReplaceAll(fmt.Sprint([]byte(s)), " ", ",") },
	"decimal, in lines": func(s string) string {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(s)), "[]"), " ", ",\n  ")
	},
	`\x escapes`:         func(s string) string { return percentAll(s, `\x%02x`) },
	"octal":              func(s string) string { return percentAll(s, `\%03o`) },
	"octal, short":       func(s string) string { return percentAll(s, `\%o`) },
	`\u{..}`:             func(s string) string { return escapeAll(s, `\u{%x}`) },
	`\U escapes`:         func(s string) string { return escapeAll(s, `\U%08x`) },
	"%u escapes":         func(s string) string { return units(s, "%%u%04X") },
	"a query":            url.QueryEscape,
	"a path":             url.PathEscape,
	"a form":             func(s string) string { return url.Values{"k": {s}, "z": {"1"}}.Encode() },
	"percent, all":       func(s string) string { return percentAll(s, "%%%02X") },
	"percent, twice":     func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"HTML":               html.EscapeString,
	"HTML, twice":        func(s string) string { return html.EscapeString(html.EscapeString(s)) },
	"HTML, decimal":      func(s string) string { return escapeAll(s, "&#%d;") },
	"HTML, zeros":        func(s string) string { return escapeAll(s, "&#%07d;") },
	"HTML, hexadecimal":  func(s string) string { return escapeAll(s, "&#X%X;") },
	"HTML, no semicolon": func(s string) string { return htmlWithout(s) },
	"XML": func(s string) string {
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(s))
		return b.String()
	},
	"base64":                func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, after a byte":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("a" + s)) },
	"base64, after two":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s)) },
	"base64, for URLs":      func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64, after letters": func(s string) string { return "/v1/x/" + base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, lines of 76": func(s string) string {
		return inLines(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x ", 50)+s)), 76)
	},
	"base64, lines of 16": func(s string) string { return inLines(base64.StdEncoding.EncodeToString([]byte(s)), 16) },
	"base64, indented": func(s string) string {
		return strings.ReplaceAll(inLines(base64.StdEncoding.EncodeToString([]byte(s)), 20), "\n", "\r\n    ")
	},
	"base64 of JSON": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(marshalled(map[string]string{"k": s})))
	},
	"base64 of a form": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(url.Values{"k": {s}}.Encode())) },
	"base64 of UTF-16": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(utf16Of(s))) },
	"base64 of base64": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	},
	"base64 in JSON":    func(s string) string { return marshalled(inLines(base64.StdEncoding.EncodeToString([]byte(s)), 20)) },
	"base64 in a query": func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
	"hex of JSON":       func(s string) string { return hex.EncodeToString([]byte(marshalled(s))) },
	"hex of base64":     func(s string) string { return hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s)))) },
	"base32":            func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
	"base32, lower case": func(s string) string {
		return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("ab" + s)))
	},
	"base32hex": func(s string) string { return base32.HexEncoding.EncodeToString([]byte(s)) },
	"base32hex, lower": func(s string) string {
		return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("abc" + s)))
	},
	"UTF-16":          utf16Of,
	"UTF-16, as JSON": func(s string) string { return marshalled(utf16Of(s)) },
	"UTF-16, in hex":  func(s string) string { return hex.EncodeToString([]byte(utf16Of(s))) },
	"quoted-printable": func(s string) string {
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write([]byte(strings.Repeat("x", 70) + s))
		_ = w.Close()
		return b.String()
	},
	"quoted-printable, twice": func(s string) string { return percentAll(percentAll(s, "=%02X"), "=%02X") },
	"quoted-printable, form":  func(s string) string { return quotedPrintably(url.Values{"k": {s}, "z": {"1"}}.Encode()) },
	"quoted-printable, HTML":  func(s string) string { return quotedPrintably(html.EscapeString(s)) },
	"quoted-printable, JSON":  func(s string) string { return quotedPrintably(marshalled(s)) },
	"quoted-printable, 64":    func(s string) string { return quotedPrintably(base64.StdEncoding.EncodeToString([]byte(s))) },
	"quoted-printable, bytes": func(s string) string { return quotedPrintably(hexWith(s, "_")) },
	"64 of quoted-printable":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(quotedPrintably(s))) },
	"a header, Q":             func(s string) string { return mime.QEncoding.Encode("utf-8", "é"+s) },
	"a header, Q, folded":     func(s string) string { return words(s, "q") },
	"a header, B, folded":     func(s string) string { return words(s, "b") },
	"quoted-printable, all":   func(s string) string { return percentAll(s, "=%02X") },
	"quoted-printable, small": func(s string) string { return percentAll(s, "=%02x") },
	"a header":                func(s string) string { return mime.BEncoding.Encode("utf-8", s+"é") },
	"shell, single quotes":    func(s string) string { return "KEY='" + strings.ReplaceAll(s, `'`, `'\''`) + "'" },
	"shell, double in them":   func(s string) string { return "KEY='" + strings.ReplaceAll(s, `'`, `'"'"'`) + "'" },
	"shell, double quotes":    func(s string) string { return `KEY="` + escapedIn(s, "$`\"\\") + `"` },
	"shell, backslashes":      func(s string) string { return escapedIn(s, "|&;<>()$`\\\"' *?[#~=%!{}") },
	"SQL":                     func(s string) string { return "values ('" + strings.ReplaceAll(s, `'`, `''`) + "')" },
	"MySQL":                   func(s string) string { return "values ('" + escapedIn(s, `'"\`) + "')" },
	"YAML":                    func(s string) string { return "key: '" + strings.ReplaceAll(s, `'`, `''`) + "'" },
	"CSV": func(s string) string {
		var b strings.Builder
		w := csv.NewWriter(&b)
		_ = w.Write([]string{"a", s + `"`})
		w.Flush()
		return b.String()
	},
	"CSV in JSON":          func(s string) string { return marshalled(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`) },
	"Markdown":             func(s string) string { return escapedIn(s, "\\`*_{}[]<>()#+-.!|") },
	"zero width":           func(s string) string { return between(s, 3, "\u200b") },
	"soft hyphens":         func(s string) string { return between(s, 5, "\u00ad") },
	"byte order marks":     func(s string) string { return between(s, 1, "\ufeff") },
	"soft hyphens, HTML":   func(s string) string { return between(s, 5, "&shy;") },
	"colors":               func(s string) string { return between(s, 7, "\x1b[1;31m") },
	"colors, as JSON":      func(s string) string { return marshalled(between(s, 7, "\x1b[0m")) },
	"colors, as octal":     func(s string) string { return between(s, 7, `\033[0m`) },
	"a link of a terminal": func(s string) string { return between(s, 4, "\x1b]8;;http://a.example\x1b\\") },
	"tput sgr0":            func(s string) string { return between(s, 5, "\x1b(B\x1b[m") },
	"CSI of eight bits":    func(s string) string { return between(s, 5, "\u009b1m") },
	"CSI of one byte":      func(s string) string { return between(s, 5, "\x9b0;1m") },
	"readline":             func(s string) string { return between(s, 5, "\x01\x1b[1m\x02") },
	"a title, eight bits":  func(s string) string { return between(s, 5, "\u009d0;title\u009c") },
	"a string, DCS":        func(s string) string { return between(s, 5, "\x1bPtmux;\x1b\\") },
	"DEL":                  func(s string) string { return between(s, 4, "\x7f") },
	"bells":                func(s string) string { return between(s, 3, "\a") },
	"C1":                   func(s string) string { return between(s, 3, "\u0085") },
	"shifts":               func(s string) string { return between(s, 2, "\x0e\x0f") },
	"backspaces":           func(s string) string { return between(s, 4, "\b") },
	"bold, as nroff":       func(s string) string { return eachTwice(s) },
	"underlined, as nroff": func(s string) string { return "_\b" + between(s, 1, "_\b") },
	"Hangul fillers":       func(s string) string { return between(s, 4, "\u3164") },
	"half-width fillers":   func(s string) string { return between(s, 4, "\uffa0") },
	"tags":                 func(s string) string { return between(s, 4, "\U000e0041") },
	"variation selectors":  func(s string) string { return between(s, 1, "\ufe0f") },
	"no-break spaces":      func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") },
	"no-break, HTML":       func(s string) string { return strings.ReplaceAll(s, " ", "&nbsp;") },
	"thin spaces":          func(s string) string { return strings.ReplaceAll(s, " ", "\u2009") },
	"narrow ones, as JSON": func(s string) string { return strings.ReplaceAll(s, " ", `\u202f`) },
	"joiners":              func(s string) string { return between(s, 1, "\u034f\u2060\u180e\u115f\u17b4\u206f") },
	"shorthand":            func(s string) string { return between(s, 4, "\U0001bca0") },
	"full width": func(s string) string {
		return strings.Map(func(c rune) rune {
			if c > ' ' && c < 0x7f {
				return c - '!' + 0xff01
			}
			return c
		}, s)
	},
}

func hexWith(text, mark string) string {
	return strings.ReplaceAll(fmt.Sprintf("% x", text), " ", mark)
}

func decimalWith(text, mark string) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(text)), "[]"), " ", mark)
}

// indexed writes each byte with its index.
func indexed(text, begin, format, between, end string) string {
	var items []string
	for i := range len(text) {
		items = append(items, fmt.Sprintf(format, i, text[i]))
	}
	return begin + strings.Join(items, between) + end
}

// dump writes a dump of lines with an offset, and bytes in groups.
func dump(text, offset string, group int) string {
	var b strings.Builder
	for at := 0; at < len(text); at += 16 {
		fmt.Fprintf(&b, offset, at)
		line := text[at:min(at+16, len(text))]
		for i := range len(line) {
			if i > 0 && i%group == 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%02x", line[i])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// gdb writes memory as it does, eight bytes a line.
func gdb(text string) string {
	var b strings.Builder
	for at := 0; at < len(text); at += 8 {
		fmt.Fprintf(&b, "0x7fffffffe%03x:", at)
		for _, c := range []byte(text[at:min(at+8, len(text))]) {
			fmt.Fprintf(&b, "\t0x%02x", c)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func quotedPrintably(text string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(strings.Repeat("x", 70) + text))
	_ = w.Close()
	return b.String()
}

// words writes a text as encoded words, of six bytes each.
func words(text, encoding string) string {
	var all []string
	for ; text != ""; text = text[min(6, len(text)):] {
		part := text[:min(6, len(text))]
		if encoding == "b" {
			part = base64.StdEncoding.EncodeToString([]byte(part))
		} else {
			part = strings.ReplaceAll(percentAll(part, "=%02X"), "=20", "_")
		}
		all = append(all, "=?utf-8?"+encoding+"?"+part+"?=")
	}
	return strings.Join(all, "\r\n ")
}

// eachTwice writes a text in bold as nroff does.
func eachTwice(text string) string {
	var b strings.Builder
	for _, c := range text {
		if c < utf8.RuneSelf {
			fmt.Fprintf(&b, "%c\b", c)
		}
		b.WriteRune(c)
	}
	return b.String()
}

func marshalled(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func units(text, format string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, format, unit)
	}
	return b.String()
}

func utf16Of(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return b.String()
}

func htmlWithout(text string) string {
	var b strings.Builder
	for i, c := range text {
		if c >= '0' && c <= '9' && i > 0 { // it would be a part of the number
			b.WriteRune(c)
			b.WriteString("\u200b")
			continue
		}
		fmt.Fprintf(&b, "&#x%x\u200b", c)
	}
	return b.String()
}

func inLines(text string, width int) string {
	return strings.Join(slices.Collect(func(yield func(string) bool) {
		for ; len(text) > width; text = text[width:] {
			if !yield(text[:width]) {
				return
			}
		}
		yield(text)
	}), "\n")
}

func escapedIn(text, marks string) string {
	var b strings.Builder
	for _, c := range text {
		if strings.ContainsRune(marks, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func between(text string, count int, what string) string {
	var b strings.Builder
	n := 0
	for _, c := range text {
		if n > 0 && n%count == 0 {
			b.WriteString(what)
		}
		b.WriteRune(c)
		n++
	}
	return b.String()
}

// xxd writes a dump as xxd does.
func xxd(text string, group int) string {
	var b strings.Builder
	for at := 0; at < len(text); at += 16 {
		line := text[at:min(at+16, len(text))]
		var columns strings.Builder
		for i := range len(line) {
			if i > 0 && i%group == 0 {
				columns.WriteByte(' ')
			}
			fmt.Fprintf(&columns, "%02x", line[i])
		}
		shown := strings.Map(func(c rune) rune {
			if c < ' ' || c >= 0x7f {
				return '.'
			}
			return c
		}, line)
		fmt.Fprintf(&b, "%08x: %-*s  %s\n", at, 32+16/group-1, columns.String(), shown)
	}
	return b.String()
}

// od writes a dump as od -A o -t x1 does.
func od(text string) string {
	var b strings.Builder
	for at := 0; at < len(text); at += 16 {
		fmt.Fprintf(&b, "%07o % x\n", at, text[at:min(at+16, len(text))])
	}
	fmt.Fprintf(&b, "%07o\n", len(text))
	return b.String()
}

// kinds are values of each kind, without their public beginnings.
var kinds = map[string]string{
	"a key":               "4eC39HqLyjWDarjtT1zdp7dc",
	"a short key":         "x7Kp2mQ9",
	"a key with marks":    "wJalrXUtnFEMI/K7MDENG/bPxRfi_CY-EXAMPLEKEY",
	"a hexadecimal key":   "7f3c1e0a9b5d4c2f8e6a1b0c9d8e7f6a",
	"a pass phrase":       "unhurried otters juggle lanterns at noon",
	"a password":          `Tr0ub4dor&3!<x>`,
	"with a single quote": `it's-5o-secret-9`,
	"with a double quote": `pa"ss-5o-secret-9`,
	"with a backslash":    `dom\Wser-5o-secret`,
	"not ASCII":           "schlüssel-für-Zoë-42",
	"in Cyrillic":         "пароль от всего 2024",
}

// A value is found however it is written, and nothing of it is left to see.
func TestFound(t *testing.T) {
	if len(writings) < 80 {
		t.Error("few writings")
	}
	for kind, value := range kinds {
		g := learn(value)
		for writing, write := range writings {
			text := write(value)
			if strings.Contains(writing, "UTF-16") && !isASCII(value) {
				continue // see doc.go
			}
			for _, text := range []string{text, "see: " + text + " (sic)", "a\n" + text + "\nb"} {
				got := g.Text(text)
				if !strings.Contains(got, Redacted) || shows(got, text) {
					t.Errorf("%s, %s: %q\nbecame %q", kind, writing, text, got)
				}
				message := marshalled([]string{text})
				if masked := string(g.JSON([]byte(message))); !strings.Contains(masked, Redacted) || !json.Valid([]byte(masked)) {
					t.Errorf("%s, %s in a message: %s\nbecame %s", kind, writing, message, masked)
				}
			}
		}
	}
}

// It is found in what the programs write that people look at bytes with.
func TestFoundInDumps(t *testing.T) {
	for _, command := range []string{
		"od", "od -c", "od -b", "od -x", "od -a", "od -t x1", "od -t x4", "od -t x8", "od -t u1", "od -A x -t x1z", "od -A d -t x1", "od -A n -t x1", "od -A n -b", "od -w32 -t x1",
		"hexdump", "hexdump -C", "hexdump -c", "hexdump -b", "hexdump -x", "hexdump -o", "xxd", "xxd -e", "xxd -c 32", "xxd -p", "xxd -i", "base32", "base64 -w 20", "basenc --base32hex",
	} {
		words := strings.Fields(command)
		program, err := exec.LookPath(words[0])
		if err != nil {
			continue
		}
		for kind, value := range kinds {
			run := exec.Command(program, words[1:]...)
			run.Stdin = strings.NewReader("the key: " + value + "\n")
			out, err := run.Output()
			if err != nil || command == "od -a" && !isASCII(value) {
				continue
			}
			if got := learn(value).Text(string(out)); !strings.Contains(got, Redacted) || shows(got, string(out)) {
				t.Errorf("%s, %s: %s\nbecame %s", command, kind, out, got)
			}
		}
	}
}

// shows reports whether more of a writing is left than what is around it.
func shows(got, text string) bool {
	left := strings.ReplaceAll(got, Redacted, "")
	return len(left) > len(text)/2+40
}

// notFound are writings in which a value is not found, and that doc.go names. A test that fails here has good news.
var notFound = map[string]func(string) string{
	"reversed": func(s string) string {
		r := []rune(s)
		slices.Reverse(r)
		return string(r)
	},
	"in capitals":       strings.ToUpper,
	"spaced":            func(s string) string { return between(s, 1, " ") },
	"broken":            func(s string) string { return inLines(s, 5) },
	"octal, 0o":         func(s string) string { return strings.TrimSuffix(percentAll(s, "0o%o, "), ", ") },
	"tags between":      func(s string) string { return between(s, 4, "<b>") },
	"in bits":           func(s string) string { return fmt.Sprintf("%08b", []byte(s)) },
	"hex, slashes":      func(s string) string { return hexWith(s, "/") },
	"hex, hashes":       func(s string) string { return "#" + hexWith(s, "#") },
	"hex, assembly":     func(s string) string { return hexWith(s, "h, ") + "h" },
	"hex, BASIC":        func(s string) string { return "&H" + hexWith(s, "&H") },
	"decimal, brackets": func(s string) string { return "[" + decimalWith(s, "],[") + "]" },
	"PHP":               func(s string) string { return indexed(s, "Array\n(\n", "    [%d] => %d", "\n", "\n)") },
	"bash, an array":    func(s string) string { return indexed(s, "(", `[%d]="%d"`, " ", ")") },
	"in calls":          func(s string) string { return "chr(" + decimalWith(s, ").chr(") + ")" },
	"uuencoded":         func(s string) string { return uuencoded(s) },
	"base58":            func(s string) string { return base58(s) },
	"base32, Crockford's": func(s string) string {
		return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").EncodeToString([]byte(s))
	},
	"base85": func(s string) string {
		b := make([]byte, ascii85.MaxEncodedLen(len(s)))
		return string(b[:ascii85.Encode(b, []byte(s))])
	},
}

func uuencoded(text string) string {
	line := base64.NewEncoding("`!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_").EncodeToString([]byte(text))
	return "begin 644 x\n" + string(rune(' '+len(text))) + line + "\n`\nend\n"
}

func base58(text string) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	var letters []byte
	for n, rest := new(big.Int).SetBytes([]byte(text)), new(big.Int); n.Sign() > 0; {
		n.DivMod(n, big.NewInt(58), rest)
		letters = append(letters, alphabet[rest.Int64()])
	}
	slices.Reverse(letters)
	return string(letters)
}

// A short password has one block, which these change.
func TestNotFoundDoubled(t *testing.T) {
	const value = "x7$K%p{2"
	g := learn(value)
	if got := learn("x7K}p}29").Text("x7K}}p}}29"); got != "x7K}}p}}29" {
		t.Error("Rust: is found")
	}
	for writing, text := range map[string]string{
		"compose": "x7$$K%p{2", "printf": "x7$K%%p{2", "a format": "x7$K%p{{2", "PowerShell": "x7`$K%p{2", "cmd": "x7$K^%p{2",
	} {
		if got := g.Text(text); got != text {
			t.Errorf("%s: is found", writing)
		}
	}
}

// Nor is one with spaces that has a line end for each.
func TestNotFoundInLines(t *testing.T) {
	for value, text := range map[string]string{
		"correct horse battery staple": "correct\nhorse\nbattery\nstaple", "unhurried otters juggle": "unhurri\ned otters\njuggle",
	} {
		if got := learn(value).Text(text); got != text {
			t.Errorf("%q: is found in %q", value, text)
		}
	}
}

func TestNotFound(t *testing.T) {
	const value = "4eC39HqLyjWDarjtT1zdp7dc"
	g := learn(value)
	for writing, write := range notFound {
		if text := write(value); g.Text(text) != text {
			t.Errorf("%s: is found", writing)
		}
	}
}
