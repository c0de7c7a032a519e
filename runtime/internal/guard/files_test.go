package guard

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// zeros is a part of a file that nothing was written to.
func zeros(n int) string { return strings.Repeat("\x00", n) }

// files are made as the programs make them that write such files.
func files(t *testing.T) map[string]string {
	const prose = "Rex is a calm dog, four years old. The adopters need two references and a garden; call before you visit.\r\n"
	made := map[string]string{
		"zeros":        zeros(100_000),
		"a page":       strings.Repeat(zeros(3000)+prose, 8),
		"pages":        strings.Repeat(prose+zeros(400), 40),
		"an image":     "\x00\x00\x00\x00" + zeros(442) + "\x80\x01\x01\x00\x83\xfe\xff\xff" + zeros(54) + "\x55\xaa" + zeros(60_000) + prose + zeros(60_000),
		"erased flash": strings.Repeat("\xff", 50_000) + prose,
		"spaces":       strings.Repeat(" ", 50_000) + prose,
		"of A":         strings.Repeat("A", 50_000),
		"of f":         strings.Repeat("f", 50_000),
		"wide letters": utf16Of(strings.Repeat(prose, 200)),
		"letters of 4": strings.Join(strings.Split(strings.Repeat(prose, 100), ""), zeros(3)),
		"a list":       strings.Join(strings.Fields(strings.Repeat(prose, 100)), "\x00"),
	}
	var b bytes.Buffer
	take := func(name string) { made[name], b = b.String(), bytes.Buffer{} }

	archive := tar.NewWriter(&b)
	for i := range 20 {
		_ = archive.WriteHeader(&tar.Header{Name: fmt.Sprintf("pets/%d.txt", i), Mode: 0o644, Size: int64(len(prose))})
		_, _ = archive.Write([]byte(prose))
	}
	_ = archive.Close()
	take("tar")

	zipped := zip.NewWriter(&b)
	for i := range 20 {
		w, _ := zipped.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("pets/%d.txt", i), Method: zip.Store})
		_, _ = w.Write([]byte(prose))
	}
	_ = zipped.Close()
	take("zip")

	packed := gzip.NewWriter(&b)
	_, _ = packed.Write([]byte(strings.Repeat(prose, 500) + made["tar"]))
	_ = packed.Close()
	take("gzip")

	picture := image.NewRGBA(image.Rect(0, 0, 200, 200))
	for x := range 200 {
		picture.Set(x, x*x/200, color.RGBA{uint8(x), 90, 200, 255})
	}
	_ = png.Encode(&b, picture)
	take("PNG")

	b.WriteString("BM\x36\x75\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00")
	b.Write(picture.Pix)
	take("BMP")

	b.WriteString("BM")
	for range 10_000 {
		b.WriteString("\x00\x00\xff\x00") // a red one, of four bytes each
	}
	take("BMP of one color")

	b.WriteString("RIFF\x24\x7d\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x7d\x00\x00" + zeros(8000))
	for i := range 20_000 {
		_ = binary.Write(&b, binary.LittleEndian, int16(300*math.Sin(float64(i)/9)))
	}
	take("WAV")

	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i := range 30 {
		fmt.Fprintf(&b, "%d 0 obj\n<< /Type /Font /Length 300 >>\nstream\n%sendstream\nendobj\n", i, zeros(300))
	}
	for i := range 300 {
		fmt.Fprintf(&b, "%010d 00000 n \n", i*400)
	}
	take("PDF")

	b.WriteString("SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20" + zeros(72))
	for i := range 10 {
		fmt.Fprintf(&b, "CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT)\x0d\x00\x00\x00\x01\x0f%s%c\x04\x02\x17%s", zeros(3000), i, prose)
	}
	take("SQLite")

	for i := range 4000 { // counters, as in fonts and indexes
		_ = binary.Write(&b, binary.LittleEndian, uint32(7*i))
	}
	take("numbers of 4 bytes")
	for i := range 4000 {
		_ = binary.Write(&b, binary.BigEndian, uint16(0x20+i*7%90))
	}
	take("numbers of 2 bytes")
	for i := range 2000 {
		_ = binary.Write(&b, binary.LittleEndian, float64(i))
	}
	take("numbers of 8 bytes")

	program, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		made["a program"] = string(program[:200_000])
	}
	return made
}

// returned are how tools return a file.
var returned = map[string]func(string) string{
	"base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, in URLs": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 in lines": func(s string) string { return inLines(base64.StdEncoding.EncodeToString([]byte(s)), 60) },
	"base64 in JSON": func(s string) string {
		return marshalled(map[string]string{"encoding": "base64", "content": inLines(base64.StdEncoding.EncodeToString([]byte(s)), 60) + "\n"})
	},
	"base64 twice": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	},
	"hex":    func(s string) string { return hex.EncodeToString([]byte(s)) },
	"a dump": func(s string) string { return hex.Dump([]byte(s)) },
	"xxd":    func(s string) string { return xxd(s, 2) },
	"a list": func(s string) string { return fmt.Sprint([]byte(s)) },
	"in query": func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", "%2F")
	},
	"Go": func(s string) string { return fmt.Sprintf("%q", s) },
}

// A file leaves as it is, whatever is in it and however it is written: withholding is for who hides something.
func TestOrdinaryFiles(t *testing.T) {
	g := new(Guard)
	for _, secret := range guarded {
		g.Learn(secret.value, secret.prefix)
	}
	for name, file := range files(t) {
		file = file[:min(len(file), 40_000)]
		for form, write := range returned {
			message := []byte(marshalled(map[string]any{"jsonrpc": "2.0", "id": 1, "result": map[string]any{"content": []content{{"text", write(file)}}}}))
			steps := stepsOf(g, message) / len(message)
			if got := g.JSON(message); !bytes.Equal(got, message) {
				t.Errorf("%s as %s, %d steps a byte, became %.200s", name, form, steps, got)
			}
			if steps > stepsPerByte*7/8 {
				t.Errorf("%s as %s takes %d steps a byte", name, form, steps)
			}
		}
	}
}

// So do results of the tools that servers run.
func TestOrdinaryOutputs(t *testing.T) {
	g := new(Guard)
	for _, secret := range guarded {
		g.Learn(secret.value, secret.prefix)
	}
	for name, text := range outputs(t) {
		for _, text := range []string{text, base64.StdEncoding.EncodeToString([]byte(text)), marshalled(text)} {
			text = text[:min(len(text), 60_000)]
			message := []byte(marshalled(map[string]any{"jsonrpc": "2.0", "id": 1, "result": map[string]any{"content": []content{{"text", text}}}}))
			steps := stepsOf(g, message) / len(message)
			if got := g.JSON(message); !bytes.Equal(got, message) {
				t.Errorf("%s, %d steps a byte, became %.200s", name, steps, got)
			}
			if steps > stepsPerByte*7/8 {
				t.Errorf("%s takes %d steps a byte", name, steps)
			}
		}
	}
}

func outputs(t *testing.T) map[string]string {
	made := map[string]string{}
	sources, _ := filepath.Glob("../keychain/*.go")
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue // some have the same values
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		made[source] = string(text)
	}
	for name, command := range map[string][]string{
		"git log": {"git", "log", "-30", "--stat"}, "go list": {"go", "list", "-json", "."}, "go env": {"go", "env"},
	} {
		if out, err := exec.Command(command[0], command[1:]...).Output(); err == nil {
			made[name] = string(out)
		}
	}
	sums, err := os.ReadFile("../../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	made["go.sum"] = string(sums)

	var lock, minified, table, pods, log strings.Builder
	for i := range 300 {
		sum := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%064x", i*7919)[:64])
		fmt.Fprintf(&lock, "    \"node_modules/pet-%d\": {\n      \"version\": \"1.%d.0\",\n      \"resolved\": \"https://packages.example/pet-%d/-/pet-%d-1.%d.0.tgz\",\n      \"integrity\": \"sha512-%s==\"\n    },\n", i, i, i, i, i, sum)
		fmt.Fprintf(&minified, `function e%d(t,n){return"\x%02x\u%04x"===t&&n%%%d?r(t>>>%d|n<<%d,'\'',/[\/"']/g):void 0}`, i, i%90+32, i, i%9+1, i%32, i%31)
		fmt.Fprintf(&table, "%d,\"Rex, the %dth \"\"dog\"\"\",%d.%02d,2025-11-%02dT10:00:00Z,#%06x\r\n", i, i, i, i%100, i%28+1, i*5555)
		fmt.Fprintf(&pods, `{"metadata":{"name":"web-%d","uid":"%08x-9dad-11d1-80b4-00c04fd430c8","annotations":{"kubectl.kubernetes.io/last-applied-configuration":%q}},"status":{"podIP":"10.0.%d.7"}},`+"\n",
			i, i*7919, marshalled(map[string]any{"kind": "Pod", "spec": map[string]any{"image": "web@sha256:" + fmt.Sprintf("%064x", i*7919)}})+"\n", i%250)
		fmt.Fprintf(&log, "10.0.%d.7 - - [25/Nov/2025:10:00:00 +0000] \"GET /a%%20b?q=%%D0%%9F%%D0%%B0&r=https%%3A%%2F%%2Fa.example%%2F%%3Fb%%3D%d HTTP/1.1\" 200 %d \"-\" \"Mozilla/5.0\"\n", i%250, i, i*37)
	}
	made["package-lock.json"], made["minified JS"], made["CSV"], made["kubectl get -o json"], made["a log"] = lock.String(), minified.String(), table.String(), pods.String(), log.String()
	return made
}

// What is in a file is found, whatever is around it, and so is a value that repeats itself.
func TestFoundInFiles(t *testing.T) {
	for _, value := range []string{"4eC39HqLyjWDarjtT1zdp7dc", "x7Kp2mQ9", "abcabcabcabcabcabcabcabc", "4e4e4e4e4e4e4e4e4e4e4e4e4e4e"} {
		g := learn(value)
		for form, write := range returned {
			for _, filler := range []string{zeros(4001), strings.Repeat("A", 5000), strings.Repeat("\x00\x00\xff", 2000), strings.Repeat(" \n", 1234), strings.Repeat(value[1:4], 500)} {
				for _, around := range []int{0, 1, 2, 3, 500, len(filler)} {
					text := write(filler[:around] + "\n" + value + "\n" + filler)
					if !strings.Contains(g.Text(text), Redacted) {
						t.Errorf("%s as %s, behind %d of %.5q", value, form, around, filler)
					}
				}
			}
		}
	}
}
