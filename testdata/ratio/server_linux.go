package ratio

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Server is a process of its own, which answers each line on its standard input by one on its standard output.
type Server struct {
	b   *testing.B
	pid int
	in  io.Writer
	out *bufio.Reader
}

// Key is a secret that the results in Results may hold.
const Key = "Ab3dE6gH1jKlMn0pQrStUvWxYz2b4d6f8h0jKlM2"

// longText is a result of 1 MB, as of a tool that reads code.
var longText = strings.Repeat("func (s *Store) Pets(ctx context.Context, q string) ([]Pet, error) {\n\tif q == \"\" && len(s.pets) > 10 {\n"+
	"\t\treturn nil, fmt.Errorf(\"empty: %w\", ErrQuery)\n\t}\n", 1<<20/160)

// Results are texts of 1 MB by the name of the tool that returns them: without Key, and with it in the middle.
var Results = map[string]string{"clean": longText, "hit": longText[:1<<19] + " " + Key + " " + longText[1<<19:]}

// Serving is the variable by which a test knows that it is the process of a [Server], and which one.
const Serving = "MCPSECRETS_BENCHMARK_SERVER"

// StartServer starts the binary of the benchmark again, to run this test as a server. The test is to end the process.
func StartServer(b *testing.B, test, which string) *Server {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^"+test+"$")
	cmd.Env = append(os.Environ(), Serving+"="+which)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &Server{b, cmd.Process.Pid, in, bufio.NewReaderSize(out, 1<<20)}
}

// Tell sends a line that nothing answers.
func (s *Server) Tell(line string) {
	s.b.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		s.b.Fatal(err)
	}
}

// Call sends a line and waits for the one that answers it, which must be of some length.
func (s *Server) Call(line string, atLeast int) {
	s.b.Helper()
	s.Tell(line)
	for length := 0; ; {
		part, err := s.out.ReadSlice('\n')
		if length += len(part); err == bufio.ErrBufferFull {
			continue
		}
		if err != nil || length < atLeast {
			s.b.Fatalf("%d bytes, %v: %.200s", length, err, part)
		}
		return
	}
}

// cpu is how long the processors have worked for the process. Other than a clock it does not go on while others work.
func (s *Server) cpu() (total time.Duration) {
	s.b.Helper()
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.pid)) // the pattern is right
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			s.b.Fatal(err)
		}
		var took int64
		if _, err := fmt.Sscan(string(text), &took); err != nil {
			s.b.Fatal(err)
		}
		total += time.Duration(took)
	}
	return total
}

// calls is how many calls are a turn of [MeasureServers]: some, as the collection of garbage falls on few of them.
const calls = 16

// MeasureServers has two servers answer the same line by turns, with an answer of some length. It reports, as [Report] does,
// the time that the processors work for each.
func MeasureServers(b *testing.B, bound float64, floor, ours *Server, line string, atLeast int) {
	b.Helper()
	servers := []*Server{floor, ours}
	var times [2][]float64
	round := func() {
		first := len(times[0]) % 2
		for _, which := range []int{first, 1 - first} {
			began := servers[which].cpu()
			for range calls {
				servers[which].Call(line, atLeast)
			}
			times[which] = append(times[which], float64(servers[which].cpu()-began)/calls)
		}
	}
	round() // while the servers' memory grows
	times = [2][]float64{}
	for b.Loop() {
		round()
	}
	for len(times[0]) < rounds {
		round()
	}
	Report(b, "ns/op", bound, times[0], times[1])
}
