package serve

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const fewDescriptors = "MCPSECRETS_TEST_FEW_DESCRIPTORS"

// A process with few descriptors answers, whatever strangers begin and never end.
func TestFewDescriptors(t *testing.T) {
	if os.Getenv(fewDescriptors) != "" {
		serveWithFewDescriptors()
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFewDescriptors$")
	cmd.Env = append(os.Environ(), fewDescriptors+"=1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	for range 100 {
		begin(t, address, endless)
	}
	client := &http.Client{Timeout: time.Minute}
	response, err := client.Post("http://"+address+"/mcp", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Error(response.Status)
	}
}

func serveWithFewDescriptors() {
	err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64})
	if err == nil {
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err == nil {
			fmt.Println(listener.Addr())
			err = Listener(context.Background(), listener, Bounded(echo, 0), func() error { return nil })
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
