// Package main shows how a server uses this vault: what a request needs follows from where the user's Jira is.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-02-jira/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// A tool of the server is called with the context of its call, and this stands for one.
	if err := search(context.Background(), v, "assignee = currentUser()"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// search is the handler of a tool that finds issues.
func search(ctx context.Context, v *vault.Secrets, jql string) error {
	site, err := v.Site(ctx)
	if err != nil {
		return err
	}
	find := site.JoinPath("rest", "api", "2", "search")
	find.RawQuery = url.Values{"jql": {jql}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, find.String(), nil)
	if err != nil {
		return err
	}
	account, err := v.Account(ctx, "Search for issues")
	if err != nil {
		return err
	}
	sign(req, account)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		return v.Manager.Reject(ctx, vault.KeyAccount(), "Jira does not know this account.")
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// sign gives a request the account: the cloud knows a mail address with a token, a server of one's own a token alone.
func sign(req *http.Request, account vault.Account) {
	switch account := account.(type) {
	case vault.AccountCloud:
		req.SetBasicAuth(account.Email, account.APIToken.Reveal())
	case vault.AccountDataCenter:
		req.Header.Set("Authorization", "Bearer "+account.PersonalToken.Reveal())
	}
}
