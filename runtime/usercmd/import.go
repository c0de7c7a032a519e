package usercmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
)

const nothingImported = "nothing was imported"

// importProfile takes over what an earlier version of the server kept for a profile, into the account of that name, or the one that
// was named. All of it is taken over or nothing, and no
// value is replaced. It can be run again, also after it was interrupted, and removes the old values if that is wanted.
func (c *command) importProfile(ctx context.Context, args []string) error {
	name, removes, err := c.profileNamed(args)
	switch {
	case err != nil:
		return err
	case c.isNamed:
	case !field.ValidAccount(name):
		return misused("no account can have the profile's name: say into which the values go, by --account NAME")
	default:
		ctx = c.choose(ctx, name)
	}
	var p inside.Profile
	if err := c.patiently(func() (err error) { p, err = c.Profile(ctx, name); return err }); err != nil {
		return c.storeError(err)
	}
	if len(p.Values) == 0 {
		fmt.Fprintf(c.stdout, "Nothing of this server's is stored under %s.\n", p.Service)
		return nil
	}
	if err := c.canImport(p); err != nil {
		return err
	}
	if !removes && !slices.ContainsFunc(p.Values, func(v inside.ProfileValue) bool { return !v.IsHere }) {
		fmt.Fprintf(c.stdout, "All of it is here already. %s\n", c.howToRemove(name))
		return nil
	}
	if err := c.agreed(c.importing(name, p, removes), nothingImported); err != nil {
		return err
	}
	if err := c.putAll(ctx, p); err != nil {
		return err
	}
	if !removes {
		fmt.Fprintln(c.stdout, c.howToRemove(name))
		return nil
	}
	var removed []string
	err = c.patiently(func() (err error) { removed, err = c.RemoveFromProfile(ctx, p); return err })
	if len(removed) > 0 {
		fmt.Fprintf(c.stdout, "Removed from %s: %s\n", p.Service, strings.Join(removed, ", "))
	}
	if err != nil {
		return c.storeError(err)
	}
	return nil
}

func (c *command) howToRemove(name string) string {
	option := ""
	if c.isNamed {
		option = " --account=" + c.account
	}
	return fmt.Sprintf("The old values are still there: \"%s secrets import --from-profile %s%s --remove\" removes them.", c.Program(), name, option)
}

// profileNamed returns the name of the profile, and whether its old values are to be removed.
func (c *command) profileNamed(args []string) (name string, removes bool, err error) {
	if at := slices.Index(args, "--remove"); at >= 0 {
		removes = true
		args = slices.Delete(slices.Clone(args), at, at+1)
	}
	if len(args) == 1 {
		flag, value, _ := strings.Cut(args[0], "=")
		args = []string{flag, value}
	}
	switch {
	case len(args) != 2 || args[0] != "--from-profile" || args[1] == "":
		return "", false, misused("say \"%s secrets import --from-profile NAME\", and --remove to have the old values removed", c.Program())
	case !field.ValidName(args[1]):
		return "", false, misused("a profile's name is made of a-z, 0-9, \"_\", \".\" and \"-\"")
	case !c.terminal:
		return "", false, misused("import asks first, and there is no terminal to answer on")
	}
	return args[1], removes, nil
}

// canImport returns why nothing of the profile may be imported.
func (c *command) canImport(p inside.Profile) error {
	var troubles []string
	for _, value := range p.Values {
		switch {
		case value.IsOther:
			troubles = append(troubles, fmt.Sprintf("%[1]s has another value here already (\"%[2]s secrets forget %[1]s%[3]s\" makes room)", value.Name, c.Program(), c.option()))
		case value.Problem != nil:
			troubles = append(troubles, fmt.Sprintf("the value of %s %s", value.Name, c.Sentences().Problem(value.Problem)))
		}
	}
	if len(troubles) > 0 {
		return errors.New(nothingImported + ": " + strings.Join(troubles, "; "))
	}
	return nil
}

// importing says what is going to happen, and whose the values may be.
func (c *command) importing(name string, p inside.Profile, removes bool) string {
	var others, taken, there []string
	for _, server := range p.Servers {
		others = append(others, fmt.Sprintf("%q", server))
	}
	for _, value := range p.Values {
		there = append(there, value.Stored)
		if !value.IsHere {
			taken = append(taken, value.Stored)
		}
	}
	text := fmt.Sprintf("Under %s, an earlier version of %q kept its profile %q. What is there may also belong to a server named %s.",
		p.Service, c.Server(), name, strings.Join(others, " or "))
	if len(taken) > 0 {
		text += fmt.Sprintf("\nThis takes over%s: %s", accountBehind(" into", c.account), strings.Join(taken, ", "))
	}
	if removes {
		text += "\nThis removes there: " + strings.Join(there, ", ")
	}
	return text
}

// putAll stores all values that were not there before, or none: nor where one has come meanwhile.
func (c *command) putAll(ctx context.Context, p inside.Profile) error {
	var put []inside.ProfileValue
	var names []string
	for _, value := range p.Values {
		if value.IsHere {
			continue
		}
		err := c.patiently(func() error { return c.PutNew(ctx, value.Name, inside.Opened(value.Text)) })
		switch {
		case errors.Is(err, inside.ErrTaken):
			return c.takeBack(ctx, put, fmt.Errorf("%s has got a value here meanwhile: run the command again", value.Name))
		case err != nil:
			return c.takeBack(ctx, append(put, value), c.storeError(err, value.Name))
		}
		put, names = append(put, value), append(names, value.Name)
	}
	if len(put) > 0 {
		fmt.Fprintf(c.stdout, "Imported: %s%s\n", strings.Join(names, ", "), within(c.account))
	}
	return nil
}

// takeBack removes what was stored until cause, and returns an error for both.
func (c *command) takeBack(ctx context.Context, put []inside.ProfileValue, cause error) error {
	for _, value := range put {
		if err := c.TakeBack(ctx, value.Name, inside.Opened(value.Text)); err != nil {
			fmt.Fprintf(c.stderr, "%s: %s may be stored: run the command again\n", c.Program(), value.Name)
		}
	}
	return fmt.Errorf("%w; %s", cause, nothingImported)
}
