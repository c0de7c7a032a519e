package usercmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/client"
)

// A subcommand is one of what "secrets" can do. All that is said of it, and how it is found, comes from here.
type subcommand struct {
	name   string
	usage  [][2]string // what may follow the name, and what it then does
	stores bool        // also for a server that will clear the store when it starts
	of     accountUse
	run    func(c *command, ctx context.Context, args []string) error
}

// An accountUse says what a subcommand makes of --account.
type accountUse int

const (
	noAccount  accountUse = iota
	oneAccount            // it is about one account, which --account names
	ownAccount            // it says more than an account, and reads --account itself
)

// subcommands are all of them, in the order of the help text.
func subcommands() []subcommand {
	return []subcommand{
		{"status", [][2]string{{"", "say which secrets are set, and to what, unless they are confidential"}}, true, oneAccount, without((*command).status)},
		{"setup", [][2]string{{"[--again]", "ask for all that is required, and not set"}}, true, oneAccount, (*command).setup},
		{"set", [][2]string{
			{"NAME", "ask for a value, which is not shown if it is confidential; of alternatives, ask which"},
			{"NAME < FILE", "take a value from a file"},
		}, true, oneAccount, (*command).set},
		{"get", [][2]string{{"NAME", "print a value that is not confidential"}}, false, oneAccount, (*command).get},
		{"verify", [][2]string{{"[NAME]", "have the server check what is set, where it can"}}, false, oneAccount, (*command).verify},
		{"forget", [][2]string{{"NAME", "remove a value"}}, false, oneAccount, (*command).forget},
		{"clear", [][2]string{{"[--yes]", "remove all values, of all accounts or of one, after a question"}}, false, oneAccount, (*command).clear},
		{"accounts", [][2]string{{"", "list the accounts that have a name"}}, false, noAccount, without((*command).accounts)},
		{"import", [][2]string{
			{"--from env|keychain|files:DIR|age:FILE", "take over what is set there, after a question; with --replace, --remove or --yes"},
			{"--from-profile NAME [--remove]", "take over what an earlier version kept for a profile, as an account, after a question"},
		}, true, oneAccount, (*command).importFrom},
		{"allow", [][2]string{
			{"NAME --tool TOOL --for 30d", "let a tool use a secret without asking, where nobody can be asked; after a question"},
		}, false, ownAccount, (*command).allow},
		{"allowed", [][2]string{{"", "say what is allowed so"}}, false, noAccount, (*command).allowed},
		{"disallow", [][2]string{{"NAME [--tool TOOL]", "take that back"}}, false, ownAccount, (*command).disallow},
		{"client", [][2]string{
			{"CLIENT [--write]", "print what " + strings.Join(client.Names(), ", ") + " must have to start this server, or write it"},
		}, false, noAccount, (*command).client},
		{"doctor", [][2]string{{"", "say what works here, and the way out of what does not"}}, false, noAccount, without((*command).doctor)},
		{"help", nil, false, ownAccount, (*command).help},
	}
}

// namesOf returns the names of those subcommands that are so.
func namesOf(isSo func(subcommand) bool) (names []string) {
	for _, s := range subcommands() {
		if isSo(s) {
			names = append(names, s.name)
		}
	}
	return names
}

func isAny(subcommand) bool         { return true }
func isOfAccount(s subcommand) bool { return s.of == oneAccount }

func (c *command) run(ctx context.Context, args []string) error {
	names := namesOf(isAny)
	if len(args) == 0 {
		return misused("say what to do (%s)", strings.Join(names, ", "))
	}
	name, rest := args[0], args[1:]
	if asksForHelp(args) {
		name = "help"
	}
	at := slices.Index(names, name)
	switch {
	case at >= 0:
	case name == "show" || name == "list":
		return misused("\"status\" says which are set, and \"get\" shows what is not confidential; nothing shows a confidential value")
	default:
		return misused("there is no such command%s (%s)", didYouMean(name, names), strings.Join(names, ", "))
	}
	s := subcommands()[at]
	rest, ctx, err := c.takeAccount(ctx, s, rest)
	if err != nil {
		return err
	}
	if s.stores {
		c.warnOfClearing()
	}
	return s.run(c, ctx, rest)
}

// asksForHelp does not look behind "--", where the words are a server's own.
func asksForHelp(args []string) bool {
	ours, _, _ := cutDashes(args)
	return args[0] == "-help" || slices.Contains(ours, "-h") || slices.Contains(ours, "--help")
}

// without makes what takes no arguments one that refuses them.
func without(do func(c *command, ctx context.Context) error) func(*command, context.Context, []string) error {
	return func(c *command, ctx context.Context, args []string) error {
		if len(args) > 0 {
			return misused("this command takes no arguments")
		}
		return do(c, ctx)
	}
}

func (c *command) help(context.Context, []string) error {
	fmt.Fprintln(c.stdout, "Usage:")
	table := newTable(c.stdout)
	for _, s := range subcommands() {
		for _, usage := range s.usage {
			fmt.Fprintf(table, "  %s\t%s\n", strings.TrimSpace(c.Program()+" secrets "+s.name+" "+usage[0]), usage[1])
		}
	}
	_ = table.Flush()
	fmt.Fprintf(c.stdout, "Names: %s\n", strings.Join(c.names(), ", "))
	fmt.Fprintf(c.stdout, "With --account NAME, %s are about one of several accounts; \"set\" makes it.\n", strings.Join(namesOf(isOfAccount), ", "))
	return nil
}
