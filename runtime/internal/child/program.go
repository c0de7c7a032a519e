package child

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Kind is how a program is given a text.
type Kind int

// The kinds. The place of the first two is the placeholder for a number or path, that of the last the
// variable's name.
const (
	Descriptor Kind = iota + 1
	File
	Stdin
	Variable
)

// A Way is how a program is given one text.
type Way struct {
	Kind  Kind
	Place string
	Name  string // of the file
}

// A Program is run once, and given texts.
type Program struct {
	Cmd  *exec.Cmd
	Ways []Way
	// Mask masks a text that is in parts, as a guard does.
	Mask func(parts []string) []string
}

// patience is how long a program's output may stay open once it has ended, or was to end, where the Cmd does
// not say: what it has started may hold the pipes for ever.
const patience = 5 * time.Second

var placeholder = regexp.MustCompile(`^\{[A-Za-z0-9_.-]+\}$`)

// Check returns why the program can't be run so: a [Refusal], or what package os/exec says.
func (p *Program) Check() error {
	switch {
	case p.Cmd == nil:
		return ErrNothing
	case p.Cmd.Process != nil:
		return ErrStarted
	case p.Cmd.Err != nil:
		return p.Cmd.Err
	}
	seen := map[Way]bool{}
	for _, way := range p.Ways {
		if err := p.checkWay(way); err != nil {
			return err
		}
		way.Name = ""
		if way.Kind == File { // shares its placeholders with descriptors
			way.Kind = Descriptor
		}
		if seen[way] {
			return ErrTwice
		}
		seen[way] = true
	}
	return nil
}

func (p *Program) checkWay(way Way) error {
	switch way.Kind {
	case Descriptor, File:
		switch {
		case way.Kind == Descriptor && !hasDescriptors:
			return ErrNoDescriptors
		case !placeholder.MatchString(way.Place):
			return ErrPlaceholder
		case !p.mentions(way.Place):
			return ErrUntold
		}
	case Stdin:
		if p.Cmd.Stdin != nil {
			return ErrStdin
		}
	case Variable:
		if way.Place == "" || strings.ContainsAny(way.Place, "=\x00") {
			return ErrVariable
		}
	default:
		return ErrNothing
	}
	return nil
}

// mentions reports whether an argument or variable has a placeholder.
func (p *Program) mentions(place string) bool {
	name := min(1, len(p.Cmd.Args)) // which is no argument
	return slices.ContainsFunc(slices.Concat(p.Cmd.Args[name:], p.Cmd.Env), func(text string) bool { return strings.Contains(text, place) })
}

// CheckText returns why a text can't be given in a way, or nil.
func CheckText(way Way, text string) error {
	if way.Kind == Variable && strings.Contains(text, "\x00") {
		return ErrZero
	}
	return nil
}

// Told are the texts that other processes can read of a program: its path, its arguments, and the variables
// that this process does not have itself.
func (p *Program) Told() []string {
	told := append([]string{p.Cmd.Path}, p.Cmd.Args...)
	own := os.Environ()
	for _, entry := range p.Cmd.Env {
		if !slices.Contains(own, entry) {
			told = append(told, entry)
		}
	}
	return told
}

// Run starts the program, gives it the texts, one for each way, and waits for its end, or ends it with ctx.
// The Cmd is afterwards as it was, but for its process. An error is ctx's, a [Refusal], or one of package
// os/exec.
func (p *Program) Run(ctx context.Context, texts []string) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &run{cmd: p.Cmd}
	defer r.putBack(*p.Cmd)
	defer r.close()
	for i, way := range p.Ways {
		if err := r.give(way, texts[i]); err != nil {
			return err
		}
	}
	if len(r.variables) > 0 {
		p.Cmd.Env = append(slices.Clip(p.Cmd.Environ()), r.variables...)
	}
	r.mask(p.Mask)
	p.Cmd.WaitDelay = cmp.Or(p.Cmd.WaitDelay, patience)
	if err := p.Cmd.Start(); err != nil {
		return err
	}
	for _, started := range r.started {
		started()
	}
	stop := r.endWith(ctx)
	err = p.Cmd.Wait()
	stop()
	if flushed := r.flush(); err == nil {
		err = flushed
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// A run is what one run of a program has opened.
type run struct {
	cmd     *exec.Cmd
	folder  *folder
	outputs []*output
	started []func() // once it runs

	variables []string // with texts, in which nothing is a placeholder
	closers   []func()
}

// give makes the Cmd one that gives the program a text.
func (r *run) give(way Way, text string) error {
	switch way.Kind {
	case Descriptor:
		number, err := r.pipe(text)
		if err != nil {
			return err
		}
		r.replace(way.Place, number)
	case File:
		path, err := r.file(way.Name, text)
		if err != nil {
			return err
		}
		r.replace(way.Place, path)
	case Stdin:
		r.cmd.Stdin = strings.NewReader(text)
	case Variable:
		r.variables = append(r.variables, way.Place+"="+text)
	}
	return nil
}

// file writes a text into a private file, and returns its path.
func (r *run) file(name, text string) (string, error) {
	if r.folder == nil {
		folder, err := newFolder()
		if err != nil {
			return "", &noFile{err}
		}
		r.folder = folder
		r.closers = append(r.closers, folder.remove)
	}
	path, err := r.folder.write(name, text)
	if err != nil {
		return "", &noFile{err}
	}
	return path, nil
}

// replace puts what a placeholder stands for into arguments and variables.
func (r *run) replace(place, text string) {
	replaced := func(list []string) []string {
		list = slices.Clone(list)
		for i := range list {
			list[i] = strings.ReplaceAll(list[i], place, text)
		}
		return list
	}
	name := min(1, len(r.cmd.Args)) // which is no argument
	r.cmd.Args = slices.Concat(r.cmd.Args[:name], replaced(r.cmd.Args[name:]))
	r.cmd.Env = replaced(r.cmd.Env)
}

// mask has the output go through outputs. Where both are the same writer, as with CombinedOutput, they stay
// the same: package os/exec then writes to it from one goroutine.
func (r *run) mask(mask func([]string) []string) {
	wrap := func(w io.Writer) io.Writer {
		o := &output{to: w, mask: mask}
		r.outputs = append(r.outputs, o)
		return o
	}
	stdout, stderr := r.cmd.Stdout, r.cmd.Stderr
	if stdout != nil {
		r.cmd.Stdout = wrap(stdout)
	}
	switch {
	case stderr == nil:
	case stdout != nil && isSame(stdout, stderr):
		r.cmd.Stderr = r.cmd.Stdout
	default:
		r.cmd.Stderr = wrap(stderr)
	}
}

// isSame reports whether two writers are one, of a type that can be compared.
func isSame(a, b io.Writer) (same bool) {
	defer func() { _ = recover() }()
	return a == b
}

// endWith ends the program with ctx. A Cmd of [exec.CommandContext] may have an own Cancel, which is given
// its time.
func (r *run) endWith(ctx context.Context) (stop func()) {
	process, delay := r.cmd.Process, time.Duration(0)
	if r.cmd.Cancel != nil {
		delay = r.cmd.WaitDelay
	}
	ended := make(chan struct{})
	forget := context.AfterFunc(ctx, func() {
		select {
		case <-ended:
		case <-time.After(delay):
			_ = process.Kill()
		}
	})
	return func() {
		forget()
		close(ended)
	}
}

// flush writes what the outputs held back.
func (r *run) flush() (err error) {
	for _, o := range r.outputs {
		if flushed := o.flush(); err == nil {
			err = flushed
		}
	}
	return err
}

func (r *run) close() {
	for _, closer := range slices.Backward(r.closers) {
		closer()
	}
}

// putBack makes the Cmd what it was: what logs it later logs nothing of ours.
func (r *run) putBack(before exec.Cmd) {
	c := r.cmd
	c.Args, c.Env, c.Stdin, c.Stdout, c.Stderr = before.Args, before.Env, before.Stdin, before.Stdout, before.Stderr
	c.ExtraFiles, c.WaitDelay = before.ExtraFiles, before.WaitDelay
}
