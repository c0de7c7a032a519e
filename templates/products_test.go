package templates_test

import (
	"errors"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	jira "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-02-jira/want"
	slack "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-03-slack/want"
	s3 "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-06-s3/want"
	mail "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-08-mail/want"
	stripe "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-09-stripe/want"
	grafana "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-10-grafana/want"
	house "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-11-home-assistant/want"
	salesforce "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-12-salesforce/want"
	snowflake "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-13-snowflake/want"
	llms "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-14-llms/want"
)

// rule makes a function that reports whether a validator takes a text.
func rule[T any](validate func(string) (T, error)) func(string) error {
	return func(text string) error {
		_, err := validate(text)
		return err
	}
}

// blockOf returns a PEM block of a kind, of no key.
func blockOf(kind string) string {
	return "-----BEGIN " + kind + "-----\nWnE4dkx3M25YYjdLZFQ1cllwMm1IYzZK\n-----END " + kind + "-----\n"
}

// TestServersTakeWhatTheirProductsIssue: the schemas of real servers take values that look like those of the product, and refuse
// those that people mistake for them.
func TestServersTakeWhatTheirProductsIssue(t *testing.T) {
	// What begins like a real key is cut in two here, so that no scanner of sources takes it for one.
	const secret40 = "wJalrXUtnFEMIzK7MDENGzbPxRfiCYzZq8vLw3nX"
	for name, test := range map[string]struct {
		check  func(string) error
		takes  []string
		leaves []string
	}{
		"jira api token":           {rule(jira.ValidateAPIToken), []string{"ATA" + "TT3xFfGF0Zq8vLw3nXb7KdT5rYp2m=1A2B3C4D"}, []string{"ATATT", "Zq8vLw3nXb7KdT5rYp2mZq8vLw3nXb7KdT5rYp2m"}},
		"jira personal token":      {rule(jira.ValidatePersonalToken), []string{"NjM2NzQ5MDE2MDc4Og+xq8vLw3nXb7KdT5rYp2mHc6J/"}, []string{"ATA" + "TT3xFfGF0Zq8vLw3nXb7KdT5rYp2m", "short"}},
		"jira projects":            {rule(jira.ValidateProjects), []string{"PROJ", "PROJ, DEV_2"}, []string{"proj", "PROJ, PROJ", "PROJ-12"}},
		"jira site":                {rule(jira.ValidateSite), []string{"https://acme.atlassian.net"}, []string{"http://acme.atlassian.net", "acme.atlassian.net"}},
		"slack bot token":          {rule(slack.ValidateBotToken), []string{"xo" + "xb-123456789012-Zq8vLw3nXb7K"}, []string{"xo" + "xp-123456789012-Zq8vLw3nXb7K", "xo" + "xb-xxxxxxxxxxxxxxxxxxxxxxxx"}},
		"slack signing secret":     {rule(slack.ValidateSigningSecret), []string{"8f742231b10e8888abcd990123456789"}, []string{"8F742231B10E8888ABCD990123456789", "xapp-1-A0123-456"}},
		"slack channels":           {rule(slack.ValidateChannels), []string{"C0123456789, G0123456789"}, []string{"#general", "D0123456789"}},
		"s3 access key":            {rule(s3.ValidateAccessKeyID), []string{"AK" + "IAZQ2VLW3NXB7KDT5R"}, []string{"AS" + "IAZQ2VLW3NXB7KDT5R", "AK" + "IAIOSFODNN7EXAMPLE0", "akiazq2vlw3nxb7kdt5r"}},
		"s3 temporary key":         {rule(s3.ValidateTemporaryKeyID), []string{"AS" + "IAZQ2VLW3NXB7KDT5R"}, []string{"AK" + "IAZQ2VLW3NXB7KDT5R"}},
		"s3 secret key":            {rule(s3.ValidateSecretAccessKey), []string{secret40}, []string{secret40 + "x", secret40[1:]}},
		"s3 region":                {rule(s3.ValidateRegion), []string{"eu-central-1", "mx-central-1"}, []string{""}},
		"mail port":                {rule(mail.ValidateIMAPPort), []string{"993"}, []string{"0", "65536", "imaps"}},
		"mail host":                {rule(mail.ValidateIMAPHost), []string{"imap.example.com", "192.0.2.1", "2001:db8::1"}, []string{"imap.example.com:993", "imaps://imap.example.com"}},
		"mail poll":                {rule(mail.ValidatePoll), []string{"1m", "24h"}, []string{"59s", "0s", "-5m", "25h"}},
		"stripe live key":          {rule(stripe.ValidateLiveKey), []string{"rk_l" + "ive_51Zq8vLw3nXb7KdT5rYp2mHc6J", "sk_l" + "ive_51Zq8vLw3nXb7KdT5rYp2mHc6J"}, []string{"sk_t" + "est_51Zq8vLw3nXb7KdT5rYp2mHc6J", "pk_l" + "ive_51Zq8vLw3nXb7KdT5rYp2mHc6J"}},
		"stripe test key":          {rule(stripe.ValidateTestKey), []string{"sk_t" + "est_51Zq8vLw3nXb7KdT5rYp2mHc6J"}, []string{"sk_l" + "ive_51Zq8vLw3nXb7KdT5rYp2mHc6J"}},
		"stripe since":             {rule(stripe.ValidateSince), []string{"2024-02-29"}, []string{"2023-02-29", "1.1.2024"}},
		"grafana token":            {rule(grafana.ValidateToken), []string{"gl" + "sa_Zq8vLw3nXb7KdT5rYp2mHc6JZq8vLw3n_1a2b3c4d"}, []string{"eyJrIjoiZq8vLw3nXb7KdT5rYp2mHc6JZq8vLw3n", "gl" + "sa_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_xxxxxxxx"}},
		"grafana headers":          {rule(grafana.ValidateExtraHeaders), []string{`{"X-Tenant": "17", "X-Gate": "a1b2c3d4"}`}, []string{"X-Tenant: 17", `{"X-Tenant": "example"}`}},
		"home assistant token":     {rule(house.ValidateToken), []string{"eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl"}, []string{"Zq8vLw3nXb7KdT5r", "a.b"}},
		"home assistant entities":  {rule(house.ValidateEntities), []string{"light.*", "light.kitchen, lock.door_2"}, []string{"kitchen", "light.*, light.*", "Light.kitchen"}},
		"home assistant pin":       {rule(house.ValidatePIN), []string{"1234"}, []string{"12", "abcd"}},
		"salesforce token":         {rule(salesforce.ValidateSecurityToken), []string{"Zq8vLw3nXb7KdT5rYp2mHc6J"}, []string{"Zq8vLw3nXb7KdT5rYp2mHc6J!"}},
		"salesforce domain":        {rule(salesforce.ValidateDomain), []string{"login", "example.my"}, []string{""}},
		"salesforce key":           {rule(salesforce.ValidatePrivateKey), []string{blockOf("PRIVATE KEY")}, []string{blockOf("CERTIFICATE REQUEST"), blockOf("ENCRYPTED PRIVATE KEY")}},
		"snowflake key":            {rule(snowflake.ValidatePrivateKey), []string{blockOf("PRIVATE KEY")}, []string{blockOf("ENCRYPTED PRIVATE KEY"), "-----BEGIN PRIVATE KEY-----"}},
		"snowflake encrypted key":  {rule(snowflake.ValidateEncryptedKey), []string{blockOf("ENCRYPTED PRIVATE KEY")}, []string{blockOf("PRIVATE KEY")}},
		"snowflake account":        {rule(snowflake.ValidateAccount), []string{"myorg-acme1", "xy12345.us-east-2.aws"}, []string{"https://xy12345.snowflakecomputing.com"}},
		"snowflake timeout":        {rule(snowflake.ValidateTimeout), []string{"1s", "48h"}, []string{"0s", "49h", "300"}},
		"models: anthropic":        {rule(llms.ValidateAnthropicKey), []string{"sk-" + "ant-api03-Zq8vLw3nXb7KdT5rYp2mHc6JZq8vLw3n"}, []string{"sk-p" + "roj-Zq8vLw3nXb7KdT5rYp2mHc6JZq8vLw3n"}},
		"models: temperature":      {rule(llms.ValidateTemperature), []string{"0", "0.7", "2"}, []string{"2.1", "-0.1", "NaN", "0,7"}},
		"models: budget":           {rule(llms.ValidateBudget), []string{"0.05"}, []string{"-1", "1001"}},
		"models: one not yet made": {rule(llms.ValidateModel), []string{"claude-sonnet-4-5", "claude-next"}, []string{""}},
	} {
		for _, text := range test.takes {
			if err := test.check(text); err != nil {
				t.Errorf("%s: %q: %v", name, text, err)
			}
		}
		for _, text := range test.leaves {
			if err := test.check(text); !errors.Is(err, secrets.ErrInvalid) {
				t.Errorf("%s: %q is taken: %v", name, text, err)
			}
		}
	}
}
