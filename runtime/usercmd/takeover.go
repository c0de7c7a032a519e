package usercmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/check"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
)

// A takeover is one run of "import --from": it takes what another store has. Begin at [command.importFrom]. What is stored
// together is taken over as a whole or not at all, and what can't be taken over stops nothing else.
type takeover struct {
	*command
	from                    string
	replaces, removes, sure bool

	source inside.Source
	wanted map[string]inside.ProfileValue // what is to be stored, by its name
	done   []string                       // what was stored
	failed []string                       // what is in the source, and was not taken over by a fault
}

// importFrom is the subcommand import.
func (c *command) importFrom(ctx context.Context, args []string) error {
	isProfile := func(arg string) bool { return arg == "--from-profile" || strings.HasPrefix(arg, "--from-profile=") }
	if slices.ContainsFunc(args, isProfile) {
		return c.importProfile(ctx, args)
	}
	t := &takeover{command: c, wanted: map[string]inside.ProfileValue{}}
	if err := t.read(args); err != nil {
		return err
	}
	if err := c.patiently(func() error { return c.CanPut(ctx) }); err != nil {
		return c.storeError(err)
	}
	err := c.slowly("waiting for the other store, which may have opened a window", func() (err error) {
		t.source, err = c.Source(ctx, t.from)
		return err
	})
	if err != nil {
		return t.sourceError(err)
	}
	return t.run(ctx)
}

// read reads the arguments.
func (t *takeover) read(args []string) error {
	for ; len(args) > 0; args = args[1:] {
		flag, value, isInline := strings.Cut(args[0], "=")
		switch {
		case flag == "--from" && isInline:
			t.from = value
		case args[0] == "--from" && len(args) > 1:
			args = args[1:]
			t.from = args[0]
		case args[0] == "--replace":
			t.replaces = true
		case args[0] == "--remove":
			t.removes = true
		case args[0] == "--yes" || args[0] == "-y":
			t.sure = true
		default:
			return t.misused()
		}
	}
	switch {
	case t.from == "":
		return t.misused()
	case t.removes && t.isReadOnly():
		return misused("--remove can't be: this only reads the source, and says what to remove there when that is stored here")
	case !t.sure && !t.terminal:
		return misused("import asks first, and there is no terminal to answer on: say --yes")
	}
	return nil
}

func (t *takeover) misused() error {
	return misused("say \"%s secrets import --from env|keychain|files:DIR|age:FILE\", and --replace to take what has another value here, "+
		"--remove to have the old values removed, --yes to be asked nothing", t.Program())
}

func (t *takeover) kind() chosen.Kind {
	kind, _, _ := strings.Cut(t.from, ":")
	return chosen.Kind(kind)
}

func (t *takeover) isReadOnly() bool { return t.kind() == chosen.Env || t.kind() == chosen.Files }

// sourceError makes the error of a source: that it can't be one is wrong usage.
func (t *takeover) sourceError(err error) error {
	var wrong *inside.SourceError
	if errors.As(err, &wrong) {
		return misused("--from: %s", wrong.Text)
	}
	return t.storeError(err)
}

func (t *takeover) run(ctx context.Context) error {
	if len(t.source.Values) == 0 {
		fmt.Fprintf(t.stdout, "Nothing of this server's is in %s.\n", t.source.Place)
		return nil
	}
	t.sort()
	if err := t.choose(ctx); err != nil {
		return err
	}
	if len(t.wanted) > 0 || t.removes && len(t.here()) > 0 {
		if err := t.ask(); err != nil {
			return err
		}
	} else {
		fmt.Fprint(t.stderr, t.summary())
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	if err := t.check(ctx); err != nil {
		return err
	}
	t.store(ctx)
	if err := t.leave(ctx); err != nil {
		return err
	}
	t.tellRest(ctx)
	if len(t.failed) > 0 {
		return fmt.Errorf("not imported: %s", strings.Join(t.failed, ", "))
	}
	return nil
}

// sort says of each value whether it is wanted, and notes those that can't be.
func (t *takeover) sort() {
	for _, value := range t.source.Values {
		switch {
		case value.Err != nil || value.Problem != nil:
			t.failed = append(t.failed, value.Name)
		case !value.IsHere && (!value.IsOther || t.replaces):
			t.wanted[value.Name] = value
		}
	}
	t.settle()
}

// settle drops what goes with something that can't be taken over: the rest of its bundle, and what is sent to an address that stays
// in the source. Bundles come behind those to which they are sent.
func (t *takeover) settle() {
	for _, bundle := range t.Bundles() {
		if slices.ContainsFunc(bundle, t.isHeldBack) {
			t.drop(bundle)
		}
	}
}

// isHeldBack reports whether a value can't be taken over, or would be sent elsewhere than it is from the source.
func (t *takeover) isHeldBack(name string) bool {
	if slices.Contains(t.failed, name) {
		return true
	}
	_, isWanted := t.wanted[name]
	return isWanted && slices.ContainsFunc(t.source.Values, func(to inside.ProfileValue) bool {
		_, comesToo := t.wanted[to.Name]
		return to.Name == t.field(name).SentTo && !to.IsHere && !comesToo
	})
}

// drop has nothing of a bundle taken over.
func (t *takeover) drop(bundle []string) {
	for _, name := range bundle {
		if value, ok := t.wanted[name]; ok {
			delete(t.wanted, name)
			if value.Stored != "" && !slices.Contains(t.failed, name) {
				t.failed = append(t.failed, name)
			}
		}
	}
}

// choose adds the alternative that follows from what is there, where the source does not say it: the one that counts here, or the
// only one that will be whole. What comes to it later then changes nothing.
func (t *takeover) choose(ctx context.Context) error {
	for _, f := range t.Fields() {
		isWanted := func(name string) bool { _, ok := t.wanted[name]; return ok }
		if !f.IsOneOf() || isWanted(f.Name) || !slices.ContainsFunc(slices.Concat(t.members(f)...), isWanted) {
			continue
		}
		if slices.ContainsFunc(t.source.Values, func(v inside.ProfileValue) bool { return v.Name == f.Name }) {
			continue // it is here, in one way or another
		}
		choice, err := t.following(ctx, f)
		if err != nil {
			return err
		}
		if choice != "" {
			t.wanted[f.Name] = inside.ProfileValue{Name: f.Name, Where: f.Named(choice) + ", which follows from that", Text: inside.Sealed(choice)}
		}
	}
	return nil
}

// members returns what is stored of each alternative.
func (t *takeover) members(f field.Field) [][]string {
	all := make([][]string, len(f.Choices))
	for i, alternative := range f.Choices {
		all[i] = slices.DeleteFunc(slices.Clone(f.Members[alternative]), func(name string) bool { return t.field(name).Derived != "" })
	}
	return all
}

// following returns the alternative that follows from what is there, or "".
func (t *takeover) following(ctx context.Context, f field.Field) (string, error) {
	var now string
	if err := t.patiently(func() (err error) { now, err = t.Setting(ctx, f.Name); return err }); err != nil || now != "" {
		return now, t.orStoreError(err, f.Name)
	}
	var whole []string
	for i, members := range t.members(f) {
		isWhole := true
		for _, name := range members {
			if _, isWanted := t.wanted[name]; isWanted {
				continue
			}
			set, err := t.isSet(ctx, name)
			if err != nil {
				return "", err
			}
			isWhole = isWhole && set
		}
		if isWhole {
			whole = append(whole, f.Choices[i])
		}
	}
	if len(whole) != 1 {
		return "", nil
	}
	return whole[0], nil
}

func (t *takeover) orStoreError(err error, name string) error {
	if err == nil {
		return nil
	}
	return t.storeError(err, name)
}

// here returns what the source has that is here too.
func (t *takeover) here() (values []inside.ProfileValue) {
	for _, value := range t.source.Values {
		if value.IsHere || slices.Contains(t.done, value.Name) {
			values = append(values, value)
		}
	}
	return values
}

// ask says what is going to happen, and asks.
func (t *takeover) ask() error {
	summary := strings.TrimSuffix(t.summary(), "\n")
	if t.removes {
		summary += "\nWhat is then here too is removed from " + t.source.Place + "."
	}
	if t.sure {
		fmt.Fprintln(t.stderr, summary)
		return nil
	}
	return t.agreed(summary, nothingImported)
}

// summary says which values are taken from where, and which are not, and why.
func (t *takeover) summary() string {
	var text strings.Builder
	fmt.Fprintf(&text, "From %s into %s%s:\n", t.source.Place, t.PlaceInFull(), accountBehind(", for", t.account))
	table := newTable(&text)
	for _, name := range t.names() {
		at := slices.IndexFunc(t.source.Values, func(v inside.ProfileValue) bool { return v.Name == name })
		switch value, isWanted := t.wanted[name]; {
		case isWanted && value.Stored == "":
			fmt.Fprintf(table, "  %s\t%s\n", name, value.Where)
		case at >= 0:
			fmt.Fprintf(table, "  %s\tfrom %s%s\n", name, t.source.Values[at].Where, t.fate(t.source.Values[at], isWanted))
		}
	}
	_ = table.Flush()
	return text.String()
}

// fate says what happens to a value, in words that continue where it is.
func (t *takeover) fate(value inside.ProfileValue, isWanted bool) string {
	switch {
	case value.Err != nil:
		return ": left there, it can't be read: " + t.storeTrouble(value.Err)
	case value.Problem != nil:
		return ": left there, it " + t.Sentences().Problem(value.Problem)
	case value.IsHere:
		return ": here already"
	case isWanted && value.IsOther:
		return ", in the place of another value"
	case isWanted:
		return ""
	case value.IsOther && !t.replaces:
		return ": left there, another value is here, which --replace replaces"
	default:
		return ": left there, as is what it goes with"
	}
}

// check has the server's own checks look at what is wanted. What is wrong is not wanted any more, nor what goes with it.
func (t *takeover) check(ctx context.Context) error {
	for len(t.wanted) > 0 {
		typed := inside.Typed{Values: map[string]string{}}
		for _, value := range t.source.Values {
			if value.IsHere {
				typed.Values[value.Name] = inside.Opened(value.Text)
			}
		}
		for _, name := range t.names() {
			if value, isWanted := t.wanted[name]; isWanted {
				typed.Values[name], typed.New = inside.Opened(value.Text), append(typed.New, name)
			}
		}
		outcomes, err := t.checked(ctx, "checking what is to be imported", typed)
		if err != nil || !t.heed(outcomes) {
			return err
		}
	}
	return nil
}

// heed says what came of checks, and reports whether that changed what is wanted, so that they are to be run again.
func (t *takeover) heed(outcomes []check.Outcome) (changed bool) {
	for _, o := range outcomes {
		names := strings.Join(o.Secrets, ", ")
		switch o.Verdict {
		case check.Right:
			t.tellRight(o)
			continue
		case check.Unknown:
			t.warnUnchecked(o)
			continue
		case check.Wrong:
			fmt.Fprintf(t.stderr, "%s: %s: the server has checked it, and it is wrong%s\n", t.Program(), names, because(o.Why))
		case check.Broken:
			fmt.Fprintf(t.stderr, "%s: %s: the server's own check of it is broken; this is a mistake in the server\n", t.Program(), names)
		}
		before := len(t.wanted)
		for _, bundle := range t.Bundles() {
			if slices.ContainsFunc(o.Secrets, func(name string) bool { return slices.Contains(bundle, name) }) {
				t.drop(bundle)
			}
		}
		if len(t.wanted) == before { // it is about what is here
			t.drop(t.names())
		}
		t.settle()
		return true
	}
	return false
}

// store stores what is wanted, each bundle as a whole. What fails is said, and stops no other.
func (t *takeover) store(ctx context.Context) {
	for _, bundle := range t.Bundles() {
		var values []inside.ProfileValue
		for _, name := range bundle {
			if value, isWanted := t.wanted[name]; isWanted {
				values = append(values, value)
			}
		}
		switch {
		case len(values) == 0:
			continue
		case ctx.Err() != nil:
			t.drop(bundle)
			continue
		}
		var failed string
		err := t.patiently(func() (err error) { failed, err = t.TakeOver(ctx, values); return err })
		switch {
		case errors.Is(err, inside.ErrTaken):
			err = fmt.Errorf("%s has got another value here meanwhile: run the command again", failed)
		case err != nil:
			err = t.storeError(err, failed)
		}
		if err != nil {
			fmt.Fprintf(t.stderr, "%s: %v\n", t.Program(), err)
			t.drop(bundle)
			continue
		}
		for _, value := range values {
			t.done = append(t.done, value.Name)
		}
	}
	isOwn := func(name string) bool { return t.wanted[name].Stored == "" } // the source does not have it
	if names := slices.DeleteFunc(slices.Clone(t.done), isOwn); len(names) > 0 {
		fmt.Fprintf(t.stdout, "Imported: %s%s\n", strings.Join(names, ", "), within(t.account))
	}
}

// leave removes from the source what is here now, if that is wanted, or says how a person does.
func (t *takeover) leave(ctx context.Context) error {
	there := t.source
	if there.Values = t.here(); len(there.Values) == 0 {
		return nil
	}
	if !t.removes {
		fmt.Fprintln(t.stdout, t.howToRemoveFrom(there))
		return nil
	}
	var removed []string
	err := t.patiently(func() (err error) { removed, err = t.RemoveFromSource(ctx, there); return err })
	if len(removed) > 0 {
		fmt.Fprintf(t.stdout, "Removed from %s: %s\n", there.Place, strings.Join(removed, ", "))
	}
	if err != nil {
		return t.sourceError(err)
	}
	return nil
}

func (t *takeover) howToRemoveFrom(there inside.Source) string {
	var list []string
	for _, value := range there.Values {
		list = append(list, value.Where)
	}
	names := strings.Join(list, ", ")
	switch t.kind() {
	case chosen.Env:
		return fmt.Sprintf("Now remove %s from the env of the server in the MCP client's configuration, and from wherever else that is set.", names)
	case chosen.Files:
		return fmt.Sprintf("Now delete %s, or stop mounting that.", names)
	default:
		return fmt.Sprintf("The old values are still there: \"%s secrets import --from %s%s --remove\" removes them.", t.Program(), t.from, t.option())
	}
}

// tellRest says what is still to be set, and what of alternatives is not used.
func (t *takeover) tellRest(ctx context.Context) {
	var missing []string
	for _, name := range t.names() {
		if isMissing, _ := t.isMissing(ctx, name); isMissing {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(t.stderr, "Required, and not set%s: %s (\"%s secrets setup%s\" asks).\n", within(t.account), strings.Join(missing, ", "), t.Program(), t.option())
	}
	for _, f := range t.Fields() {
		if f.IsOneOf() && slices.Contains(t.done, f.Name) {
			t.tellOfUnused(ctx, f)
		}
	}
}
