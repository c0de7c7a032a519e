package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/sys/unix"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// A container is what a server finds in one: nothing but itself and /dev/null, a root folder that it can't write, no bus, no display, and a user
// that nobody is. /run/secrets is in memory and root's, as Docker and Kubernetes mount it; /data is the user's own.
type container struct {
	t    *testing.T
	root string
	log  *lockedBuffer
}

const nobody = 65534

// programs are the pet stores, without a library that they would look for.
var programs = map[string]func() (string, error){"mcp-go": builtAlone(".."), "official SDK": builtAlone("../gosdk")}

func builtAlone(source string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		file := filepath.Join(folder, "alone-"+filepath.Base(source))
		cmd := exec.Command("go", "build", "-o", file, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		return file, cmd.Run()
	})
}

func openContainer(t *testing.T, program string) *container {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount, and start a program elsewhere")
	}
	c := &container{t: t, root: t.TempDir(), log: &lockedBuffer{}}
	c.mount("", 0)
	file, err := programs[program]()
	c.must(err)
	content, err := os.ReadFile(file)
	c.must(err)
	c.must(os.WriteFile(filepath.Join(c.root, "petstore"), content, 0o755))
	c.must(os.Mkdir(filepath.Join(c.root, "dev"), 0o755))
	null := filepath.Join(c.root, "dev/null")
	c.must(unix.Mknod(null, unix.S_IFCHR, int(unix.Mkdev(1, 3))))
	c.must(os.Chmod(null, 0o666))
	for _, dir := range []string{"run/secrets", "data"} {
		c.must(os.MkdirAll(filepath.Join(c.root, dir), 0o755))
		c.mount(dir, 0)
	}
	c.must(os.Chmod(filepath.Join(c.root, "data"), 0o700))
	c.must(os.Chown(filepath.Join(c.root, "data"), nobody, nobody))
	c.mount("", unix.MS_REMOUNT|unix.MS_RDONLY)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server logged:\n%s", c.log)
		}
	})
	return c
}

// mount has a folder of the container be in memory.
func (c *container) mount(dir string, flags uintptr) {
	c.t.Helper()
	path := filepath.Join(c.root, dir)
	if err := unix.Mount("tmpfs", path, "tmpfs", flags, "mode=755"); err != nil {
		desktop.GiveUp(c.t, err)
	}
	if flags == 0 {
		c.t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
	}
}

func (c *container) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// put mounts a secret, as root and for all to read.
func (c *container) put(name, value string) {
	c.t.Helper()
	path := filepath.Join(c.root, "run/secrets", name)
	c.must(os.WriteFile(path+".new", []byte(value), 0o444))
	c.must(os.Rename(path+".new", path))
}

func (c *container) command(env []string, arguments ...string) *exec.Cmd {
	cmd := exec.Command("/petstore", arguments...)
	cmd.Dir, cmd.Env, cmd.Stderr = "/", env, c.log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: c.root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL,
	}
	return cmd
}

// A contained client is connected to a server in a container. Where it shows questions it allows each use once.
type contained struct {
	*container
	session *mcp.ClientSession
	asked   atomic.Int32
}

func (c *container) connect(forms bool, env ...string) *contained {
	c.t.Helper()
	v := &contained{container: c}
	options := &mcp.ClientOptions{}
	if forms {
		options.ElicitationHandler = func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			v.asked.Add(1)
			time.Sleep(time.Second) // faster than that is nobody
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"answer": "Allow"}}, nil
		}
	}
	transport := &mcp.CommandTransport{Command: c.command(env, "-accept-key", goodKey), TerminateDuration: patience}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "go-sdk", Version: "1.0.0"}, options).Connect(c.t.Context(), transport, nil)
	c.must(err)
	c.t.Cleanup(func() { _ = session.Close() })
	v.session = session
	return v
}

// wants calls a tool, and fails unless that says all words. Where nobody was to be asked, nobody was.
func (v *contained) wants(tool string, isError bool, asks int32, words ...string) {
	v.t.Helper()
	before := v.asked.Load()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	result, err := v.session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: map[string]any{}})
	v.must(err)
	text := ""
	for _, part := range result.Content {
		if t, ok := part.(*mcp.TextContent); ok {
			text += t.Text
		}
	}
	if result.IsError != isError || v.asked.Load()-before != asks || strings.Contains(text, goodKey) {
		v.t.Errorf("%s: %q, an error: %t, the client was asked %d times", tool, text, result.IsError, v.asked.Load()-before)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			v.t.Errorf("%s: %q\nwant %q in it", tool, text, word)
		}
	}
	if log := v.log.String(); strings.Contains(log, "native dialogs") || strings.Contains(log, goodKey) {
		v.t.Errorf("a dialog was tried, or a value logged: %s", log)
	}
}

// In a container, what was chosen works, and what is missing or can't be asked for is said at once, with the way out.
func TestInAContainer(t *testing.T) {
	const nobodyToAsk = "Nobody can be asked for permission to use"
	for program := range programs {
		t.Run(program+"/files", func(t *testing.T) {
			c := openContainer(t, program)
			v, mute := c.connect(true, "MCP_SECRETS_STORE=files:/run/secrets"), c.connect(false, "MCP_SECRETS_STORE=files:/run/secrets")
			for _, client := range []*contained{v, mute} {
				client.wants("list_pets", true, 0, "api_key is not set, and the folder /run/secrets is only read here.", "write it to /run/secrets/api_key.")
				client.wants("whoami", true, 0, "only read here")
			}
			c.put("api_key", "pets-of-another-store\n")
			v.wants("list_pets", true, 1, "does not know this key")
			v.wants("list_pets", true, 0, "rejected", "To change it, ask the user to write it to /run/secrets/api_key.")
			c.put("api_key", goodKey+"\n")
			v.wants("list_pets", false, 1)
			mute.wants("list_pets", true, 0, nobodyToAsk)
			c.put("username", "ada")
			c.put("password", "lovelace-1815")
			v.wants("whoami", true, 0, nobodyToAsk) // its password wants a dialog
		})
		t.Run(program+"/env", func(t *testing.T) {
			c := openContainer(t, program)
			v := c.connect(true, "MCP_SECRETS_STORE=env", "PETSTORE_API_KEY="+goodKey)
			v.wants("list_pets", false, 1)
			v.wants("whoami", true, 0, "username, password is not set, and the environment is only read here.", "PETSTORE_USERNAME")
			if !strings.Contains(c.log.String(), "PETSTORE_API_KEY") {
				t.Error("nobody is warned of the variable")
			}
			c.connect(false, "MCP_SECRETS_STORE=env", "PETSTORE_API_KEY="+goodKey).wants("list_pets", true, 0, nobodyToAsk)
		})
		t.Run(program+"/age", func(t *testing.T) {
			c := openContainer(t, program)
			const store = "MCP_SECRETS_STORE=age:/data/secrets.age"
			v := c.connect(true, store)
			v.wants("list_pets", true, 0, "api_key can't be asked for, since the server has no screen.", `secrets set api_key" in a terminal`)
			set := c.command([]string{store}, "secrets", "set", "api_key")
			set.Stdin = strings.NewReader(goodKey)
			c.must(set.Run())
			v.wants("list_pets", false, 1)
			c.connect(false, store).wants("list_pets", true, 0, nobodyToAsk)
		})
		t.Run(program+"/nothing chosen", func(t *testing.T) {
			c := openContainer(t, program)
			c.put("api_key", goodKey)
			for _, forms := range []bool{true, false} {
				v := c.connect(forms, "PETSTORE_API_KEY="+goodKey)
				v.wants("list_pets", true, 0, "MCP_SECRETS_STORE", "files:DIR, env or age:FILE")
			}
		})
	}
}

// A lockedBuffer is what several processes write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
