package secrets

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/child"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// This file is how a program gets values. What it gets is decided here, by the gate that getters have too;
// how, in package child.

// A Delivery is the value of a key that a program gets, and how it gets it. What is given is the text that is
// stored, of a file its content, and nothing around it, such as a line end.
type Delivery struct {
	def *definition
	way child.Way
}

// ByDescriptor gives a program the value by a file descriptor that it inherits, from which it reads once. The
// placeholder, such as "{key}", is a part of an argument, or of a variable of the Cmd, and stands for the
// number: write "/dev/fd/{key}" for a program that takes a path. There are no such descriptors on Windows:
// use [ByFile].
func ByDescriptor(key AnyKey, placeholder string) Delivery {
	return deliver(key, child.Descriptor, placeholder)
}

// ByFile gives a program the value by a file that only this user can read, for a program that wants a file of
// its own, or hands its path on. The placeholder, such as "{key}", is a part of an argument, or of a variable
// of the Cmd, and stands for the path.
//
// The file has mode 0600, in a folder of its own with mode 0700: in the user's runtime folder, /dev/shm, or
// the folder for temporary files, whichever is there first. The first two are in memory on Linux. On Windows
// the folder's access list names this user alone. File and folder are removed once the program has ended. If
// this process is killed, a shell that waits for that removes them; where there is none, as on Windows, a use
// of ByFile by any server of the user does, from a minute later on.
func ByFile(key AnyKey, placeholder string) Delivery { return deliver(key, child.File, placeholder) }

// ByStdin gives a program the value as its standard input.
func ByStdin(key AnyKey) Delivery { return deliver(key, child.Stdin, "") }

// ByVariable gives a program the value by an environment variable. It is for programs that take it in no
// other way: on most systems, what runs as this user or as root can read the variables of a program as long
// as it runs, and all that it starts inherits them.
func ByVariable(key AnyKey, name string) Delivery { return deliver(key, child.Variable, name) }

func deliver(key AnyKey, kind child.Kind, place string) Delivery {
	def := key.definition()
	if def == nil {
		return Delivery{}
	}
	return Delivery{def, child.Way{Kind: kind, Place: place, Name: def.Name}}
}

// RunCommand runs a program, as [exec.Cmd.Run] does, that gets values of keys, once the user has allowed that
// by one question, which is that of [GetGroup]:
//
//	cmd := exec.Command("pg_dump", "--file=pets.sql", "pets")
//	cmd.Env = append(os.Environ(), "PGPASSFILE={passfile}")
//	cmd.Stdout, cmd.Stderr = &out, &out
//	err := secrets.RunCommand(ctx, v.Manager, "Back up your store", cmd, secrets.ByFile(vault.KeyPassfile(), "{passfile}"))
//
// No value is in the program's arguments, nor, but for [ByVariable], in its environment. It fails with
// [ErrNotRun], and nobody is asked, if one is there in plain or encoded, such as by Reveal; if a placeholder
// is in no argument and no variable; or if the Cmd has a Stdin beside [ByStdin]. What has revealed: false in
// the schema fails with [ErrSentOnly]. A key that is not set is [ErrNotSet].
//
// What the program writes to Stdout and Stderr is masked before the writers of the Cmd get it: each 64 KB at
// a time, and the rest at the end. A Cmd with a StdoutPipe or StderrPipe can't be run so. What is in files
// that it writes is not masked until it leaves the server.
//
// The program is killed when ctx ends, or by the Cancel of a Cmd that [exec.CommandContext] made, and then
// killed after WaitDelay. What it has started lives on. If that holds the output open, WaitDelay after the
// program's end no more is read, and the error is [exec.ErrWaitDelay]. Without a WaitDelay, that is after
// five seconds.
//
// Other errors are those of [Get] and of package os/exec, such as [*exec.ExitError]. A program can do with a
// value what it likes, and RunCommand gives it out to the server's code as well.
func RunCommand(ctx context.Context, m *Manager, reason Reason, cmd *exec.Cmd, deliveries ...Delivery) error {
	c := &command{
		manager: m, reason: reason, program: &child.Program{Cmd: cmd, Mask: func(parts []string) []string { return m.guard().Parts(parts) }},
	}
	for _, d := range deliveries {
		c.defs = append(c.defs, d.def)
		c.program.Ways = append(c.program.Ways, d.way)
	}
	if err := m.admit(c.defs...); err != nil {
		return m.fail(ctx, err, c.defs...)
	}
	if len(c.defs) == 0 {
		return m.fail(ctx, ErrUnknownKey)
	}
	err := c.run(ctx)
	if errors.Is(err, ErrNotRun) {
		return c.refused(ctx, err)
	}
	return err
}

// A command is a program with what it gets.
type command struct {
	manager *Manager
	reason  Reason
	program *child.Program
	defs    []*definition // in the order of the program's ways
}

// run runs the program once it may have what it gets.
func (c *command) run(ctx context.Context) error {
	if err := c.program.Check(); err != nil {
		return err
	}
	found, err := c.manager.get(ctx, c.wanted())
	if err != nil {
		return err
	}
	texts := make([]string, len(found))
	for i, f := range found {
		texts[i] = f.text.Reveal()
	}
	err = c.program.Run(ctx, texts)
	if err != nil && ctx.Err() != nil && !errors.Is(err, ErrNotRun) {
		return c.manager.fail(ctx, ctx.Err())
	}
	return err
}

func (c *command) wanted() wanted {
	w := wanted{reason: c.reason, check: c.check}
	for _, def := range c.defs {
		w.bindings = append(w.bindings, Binding{def: def})
	}
	return w
}

// check refuses, before anybody is asked, what would show a value to others.
func (c *command) check(found []finding) error {
	for i, way := range c.program.Ways {
		if err := child.CheckText(way, found[i].text.Reveal()); err != nil {
			return err
		}
	}
	known := new(guard.Guard) // who has not been asked yet may not allow it
	for _, f := range found {
		if f.value != nil && f.def.Confidential() {
			learn(known, f.def, f.text.Reveal(), f.value)
		}
	}
	for _, told := range c.program.Told() {
		if known.Text(told) != told || c.manager.guard().Text(told) != told || isShort(found, told) {
			return child.ErrExposed
		}
	}
	return nil
}

// isShort reports whether a text is a confidential value, or an option with one, that no guard looks for.
func isShort(found []finding, told string) bool {
	for _, f := range found {
		text := f.text.Reveal()
		if f.value != nil && f.def.Confidential() && text != "" && (told == text || strings.HasSuffix(told, "="+text)) {
			return true
		}
	}
	return false
}

// refused makes the error of a program that was not started, and logs that: why may be a place, which no caller is told.
func (c *command) refused(ctx context.Context, err error) error {
	m := c.manager
	m.log.LogAttrs(ctx, slog.LevelWarn, "a program was not started", slog.String("server", m.server), slog.String("error", m.guard().Text(err.Error())))
	return m.refuse(ctx, c.reason, c.defs, err)
}
