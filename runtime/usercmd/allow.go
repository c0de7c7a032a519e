package usercmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/standing"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// This file has the commands by which a person gives their word beforehand, where a server will have nobody to ask: allow, allowed and
// disallow. What such a permission covers is said in package standing.

const allowUsage = "allow NAME --tool TOOL --for 30d"

// Words are what allow and disallow were told.
type words struct {
	name, tool, account, principal, file, to, duration string
	everyTool                                          bool
}

// read takes apart the arguments of a command that knows some flags. It repeats none of them.
func (w *words) read(args []string, flags ...string) error {
	takes := map[string]*string{
		"--tool": &w.tool, "--account": &w.account, "--principal": &w.principal, "--file": &w.file, "--to": &w.to, "--for": &w.duration,
	}
	for len(args) > 0 {
		flag, value, hasValue := strings.Cut(args[0], "=")
		args = args[1:]
		into, takesValue := takes[flag]
		switch {
		case !strings.HasPrefix(flag, "-") && w.name == "" && !hasValue:
			w.name = flag
			continue
		case !slices.Contains(flags, flag):
			return misused("after the name of one secret, this command knows %s", strings.Join(flags, ", "))
		case !takesValue: // --all-tools
			w.everyTool = true
			continue
		case !hasValue && len(args) > 0:
			value, args = args[0], args[1:]
		}
		if value == "" || *into != "" {
			return misused("%s is followed by one value, and said once", flag)
		}
		*into = value
	}
	return nil
}

// allow keeps a person's word that a tool may use a secret without asking.
func (c *command) allow(ctx context.Context, args []string) error {
	var w words
	if err := w.read(args, "--tool", "--all-tools", "--for", "--account", "--principal", "--to", "--file"); err != nil {
		return err
	}
	if !c.terminal || !c.shows {
		return misused("a person says this in a terminal: both its input and its output must be one")
	}
	f, lasts, err := c.allowable(w)
	if err != nil {
		return err
	}
	to, err := c.destinations(ctx, f, w)
	if err != nil {
		return err
	}
	file, err := c.placeOf(ctx, w)
	if err != nil {
		return err
	}
	made := time.Now().UTC().Truncate(time.Second)
	var given []standing.Permission
	for _, host := range to {
		given = append(given, standing.Permission{Subject: standing.Subject{
			Server: c.Server(), Principal: w.principal, Account: w.account, Secret: f.Name, Tool: w.tool, EveryTool: w.everyTool, To: host,
		}, Made: made, Until: made.Add(lasts)})
	}
	if err := c.agreed(c.allowing(f, given), "nothing was allowed"); err != nil {
		return err
	}
	err = c.ChangeStanding(ctx, file, func(all []standing.Permission) []standing.Permission {
		for _, p := range given {
			all = standing.With(all, p)
		}
		return all
	})
	if err != nil {
		return c.standingError(err, file)
	}
	disallow := "disallow " + f.Name
	if file != "" {
		disallow += " --file " + file
	}
	fmt.Fprintf(c.stdout, "Allowed until %s. \"%s secrets %s\" ends it.\n", standing.Date(given[0].Until), c.Program(), disallow)
	if file != "" {
		fmt.Fprintf(c.stdout, "It counts for a server that is started with MCP_SECRETS_ALLOWED=%s, or where that file is then; it must belong to root, "+
			"or to who runs the server.\n", file)
	}
	return nil
}

// allowable returns the secret that the words are about, and for how long its use can be allowed.
func (c *command) allowable(w words) (f field.Field, lasts time.Duration, err error) {
	if w.name == "" {
		return f, 0, misused("say \"%s secrets %s\"", c.Program(), allowUsage)
	}
	f, err = c.named([]string{w.name})
	if err != nil {
		return f, 0, err
	}
	if why := c.CannotStand(f.Name); why != "" {
		return f, 0, fmt.Errorf("%s %s", f.Name, why)
	}
	switch {
	case w.everyTool == (w.tool != ""):
		return f, 0, misused("say which tool may use %s: --tool TOOL, or --all-tools", f.Name)
	case w.everyTool && f.Scope == field.ToolScope:
		return f, 0, misused("the schema wants each tool to be allowed by itself: say --tool TOOL")
	case shownWord(w.tool) != w.tool || layout.Line(w.to) != w.to:
		return f, 0, misused("a line of this terminal does not show the name of the tool, or of the host, as it is: write it without invisible characters")
	case w.account != "" && !field.ValidAccount(w.account):
		return f, 0, misused("an account's name is made of a-z, 0-9, \"_\" and \"-\"")
	}
	lasts, err = readDays(w.duration)
	return f, lasts, err
}

// readDays reads how long a permission lasts: a duration as Go writes it, or days such as 30d.
func readDays(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d < time.Minute || d > standing.MaxFor {
		return 0, misused("say for how long: --for 30d, or 12h; a minute at least, and %dd at most", standing.MaxFor/(24*time.Hour))
	}
	return d, nil
}

// destinations returns where the value of a secret goes, as the settings are or as the words say.
func (c *command) destinations(ctx context.Context, f field.Field, w words) ([]string, error) {
	if w.to != "" {
		return []string{w.to}, nil
	}
	var to []string
	err := c.patiently(func() (err error) {
		to, err = c.Destinations(ctx, store.Entry{Account: w.account, Name: f.Name})
		return err
	})
	var failure *secrets.Error
	switch {
	case errors.Is(err, secrets.ErrNotSet) && errors.As(c.Fail(err), &failure):
		return nil, fmt.Errorf("where %s goes is not known while %s is not set: set it, or say --to HOST as a question would name it",
			f.Name, strings.Join(failure.Secrets, ", "))
	case err != nil:
		return nil, c.storeError(err, f.Name)
	}
	return to, nil
}

// placeOf returns the full path of the file that is to have a permission, or "" for the store. What is there already must be a list
// of permissions. A store that is only read is an error before anybody is asked for a yes.
func (c *command) placeOf(ctx context.Context, w words) (file string, err error) {
	if w.file != "" {
		return filepath.Abs(w.file)
	}
	for _, s := range c.Standing(ctx) {
		if !s.IsFile && s.Err != nil {
			return "", c.standingError(s.Err, "")
		}
	}
	if err := c.CanPut(ctx); err != nil {
		return "", c.standingError(err, "")
	}
	return "", nil
}

// allowing says what is going to be allowed.
func (c *command) allowing(f field.Field, given []standing.Permission) string {
	p := given[0]
	lines := []string{fmt.Sprintf("This lets %s of %s use %s (%s) until %s, without asking.", c.who(p), c.Server(), about(p), f.Label, standing.Date(p.Until))}
	for _, p := range given {
		lines = append(lines, goesTo(p))
	}
	forWhom := "who starts " + c.Server() + ", and not for a caller over HTTP"
	if p.Principal != "" {
		forWhom = "the caller " + strconv.QuoteToASCII(p.Principal)
	}
	return strings.Join(append(lines, "It is for "+forWhom+", and for whatever value is set meanwhile."), "\n")
}

// who names the tool, or all of them.
func (c *command) who(p standing.Permission) string {
	if p.EveryTool {
		return "every tool, prompt and resource, and all else"
	}
	return "the tool " + shownWord(p.Tool)
}

// about names the secret, and whose it is.
func about(p standing.Permission) string {
	if p.Account == "" {
		return shownWord(p.Secret)
	}
	return shownWord(p.Secret) + " of the account " + shownWord(p.Account)
}

// goesTo says where the value goes, whole: the end of a long host says whose it is.
func goesTo(p standing.Permission) string {
	if p.To == "" {
		return "The schema does not say where it goes: it may go anywhere."
	}
	return "It goes to " + layout.Line(p.To) + "; once it goes elsewhere, you are asked again."
}

// shownWord returns a text of somebody else's as a line of a terminal shows it.
func shownWord(text string) string { return layout.Clean(text, 1, 2*layout.Columns) }

// allowed lists what was allowed beforehand, wherever it is kept, and why some of it does not count.
func (c *command) allowed(ctx context.Context, args []string) error {
	var w words
	if err := w.read(args, "--file"); err != nil || w.name != "" {
		return cmp.Or(err, misused("\"allowed\" takes no name"))
	}
	places, err := c.standingAt(ctx, w)
	if err != nil {
		return err
	}
	var failed error
	count := 0
	table := newTable(c.stdout)
	for _, place := range places {
		if place.Err != nil {
			failed = cmp.Or(failed, c.standingError(place.Err, fileOf(place)))
		}
		for _, p := range place.Permissions {
			count++
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", about(p), c.who(p)+byWhom(p), cmp.Or(layout.Line(p.To), "anywhere"), c.until(ctx, p), place.Place)
		}
	}
	_ = table.Flush()
	if count == 0 && failed == nil {
		fmt.Fprintln(c.stdout, "Nothing is allowed beforehand.")
	}
	return failed
}

func byWhom(p standing.Permission) string {
	if p.Principal == "" {
		return ""
	}
	return ", for the caller " + strconv.QuoteToASCII(p.Principal)
}

// until says how long a permission lasts, or why it does not count.
func (c *command) until(ctx context.Context, p standing.Permission) string {
	if err := c.StandingCounts(p); err != nil {
		return fmt.Sprintf("does not count: %v (until %s)", err, standing.Date(p.Until))
	}
	known := slices.ContainsFunc(c.Fields(), func(f field.Field) bool { return f.Name == p.Secret })
	switch {
	case !known:
		return "does not count: there is no secret of that name"
	case c.CannotStand(p.Secret) != "":
		return "does not count: it " + c.CannotStand(p.Secret)
	}
	if to, err := c.Destinations(ctx, store.Entry{Account: p.Account, Name: p.Secret}); err == nil && !slices.Contains(to, p.To) {
		return "does not count here: the value goes to " + layout.Line(strings.Join(to, ", "))
	}
	return "until " + standing.Date(p.Until)
}

// standingAt returns what there is in the file that the words name, or else wherever a server looks.
func (c *command) standingAt(ctx context.Context, w words) (places []inside.Standing, err error) {
	if w.file == "" {
		_ = c.patiently(func() error { places = c.Standing(ctx); return nil })
		return places, nil
	}
	file, err := filepath.Abs(w.file)
	if err != nil {
		return nil, err
	}
	all, err := standing.ReadFile(file)
	all = slices.DeleteFunc(all, func(p standing.Permission) bool { return p.Server != c.Server() })
	return []inside.Standing{{Place: file, IsFile: true, Permissions: all, Err: err}}, nil
}

func fileOf(s inside.Standing) string {
	if s.IsFile {
		return s.Place
	}
	return ""
}

// disallow takes back what was allowed for a secret: all of it, or what the words say. It needs no terminal: it only takes away.
func (c *command) disallow(ctx context.Context, args []string) error {
	var w words
	if err := w.read(args, "--tool", "--account", "--principal", "--file"); err != nil {
		return err
	}
	if w.name == "" {
		return misused("say \"%s secrets disallow NAME\", with --tool TOOL for one tool alone", c.Program())
	}
	places, err := c.standingAt(ctx, w)
	if err != nil {
		return err
	}
	removed := 0
	for _, place := range places {
		if fileOf(place) != "" && w.file == "" {
			if n := len(slices.DeleteFunc(place.Permissions, func(p standing.Permission) bool { return !w.mean(c.Server(), p) })); n > 0 {
				fmt.Fprintf(c.stderr, "%s has %d more: --file %s takes them back there.\n", place.Place, n, place.Place)
			}
			continue
		}
		n, err := c.takeAway(ctx, w, fileOf(place))
		if err != nil {
			return err
		}
		removed += n
	}
	if removed == 0 {
		fmt.Fprintln(c.stdout, "Nothing of that was allowed.")
		return nil
	}
	fmt.Fprintf(c.stdout, "Taken back: %d. The next use is asked about, but for what was allowed for the session in a server that runs.\n", removed)
	return nil
}

// takeAway removes what the words mean from a file, or from the store, and returns how many there were.
func (c *command) takeAway(ctx context.Context, w words, file string) (removed int, err error) {
	err = c.ChangeStanding(ctx, file, func(all []standing.Permission) []standing.Permission {
		before := len(all)
		all = slices.DeleteFunc(all, func(p standing.Permission) bool { return w.mean(c.Server(), p) })
		removed = before - len(all)
		return all
	})
	if err != nil {
		return 0, c.standingError(err, file)
	}
	return removed, nil
}

// mean reports whether the words of disallow mean a permission.
func (w words) mean(server string, p standing.Permission) bool {
	said := func(word, has string) bool { return word == "" || word == has }
	return p.Server == server && p.Secret == w.name && said(w.tool, p.Tool) && said(w.account, p.Account) && said(w.principal, p.Principal)
}

// standingStored says what the store has beside the values: nothing, or that there are permissions.
func (c *command) standingStored(ctx context.Context) []string {
	for _, s := range c.Standing(ctx) {
		if !s.IsFile && (len(s.Permissions) > 0 || errors.Is(s.Err, standing.ErrBroken)) {
			return []string{"what was allowed beforehand"}
		}
	}
	return nil
}

// standingError says why permissions can't be read or changed, in a file or in the store.
func (c *command) standingError(err error, file string) error {
	switch {
	case file != "" && errors.Is(err, store.ErrUnsafe):
		return fmt.Errorf("%w: who can write that file can allow", err)
	case file != "":
		return fmt.Errorf("%s: %w", file, err)
	case errors.Is(err, store.ErrReadOnly):
		return fmt.Errorf("%s is only read here: say --file FILE, and start the server with MCP_SECRETS_ALLOWED=FILE", c.Place())
	case errors.Is(err, standing.ErrBroken):
		return fmt.Errorf("what %s has of this is no list of permissions of this version, and counts for nothing: "+
			"\"%s secrets disallow NAME\" with any name removes it", c.Place(), c.Program())
	}
	return c.storeError(err)
}
