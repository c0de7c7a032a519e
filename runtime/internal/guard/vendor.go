package guard

import (
	"regexp"
	"strings"
)

// vendorPrefixes is how the keys of known services begin. That is public, and is in texts without a key ("github_pages"),
// so it counts as a prefix without being declared. The facts are what the services publish:
//
//   - GitHub: "About authentication to GitHub", section on token formats
//   - GitLab: "GitLab token overview", section on token prefixes
//   - Stripe: "API keys", and "Receive Stripe events in your webhook endpoint"
//   - Slack: "Tokens"
//   - AWS: "IAM identifiers", section on unique ID prefixes
//   - the others: GitHub's "Supported secret scanning patterns", and each service's own page on its keys
var vendorPrefixes = []string{
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
	"glpat-", "gloas-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-",
	"sk_live_", "sk_test_", "pk_live_", "pk_test_", "rk_live_", "rk_test_", "whsec_",
	"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xoxb-1-", "xoxe.xoxp-1-", "xapp-", "xapp-1-",
	"AKIA", "ASIA", // AWS
	"AIza", "ya29.", "GOCSPX-", // Google
	"sk-", "sk-proj-", "sk-svcacct-", "sk-admin-", // OpenAI
	"sk-ant-", "sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-", // Anthropic
	"sk-or-v1-", "hf_", "gsk_", "r8_", "xai-", "pplx-", "nvapi-", "tvly-", // OpenRouter, Hugging Face, Groq, Replicate, ...
	"npm_", "pypi-", "pypi-AgEIcHlwaS5vcmc", "rubygems_", "dckr_pat_", "dckr_oat_",
	"dop_v1_", "doo_v1_", "dor_v1_", // DigitalOcean
	"shpat_", "shpca_", "shppa_", "shpss_", // Shopify
	"SG.", "key-", "xkeysib-", "xsmtpsib-", "re_", // SendGrid, Mailgun, Brevo, Resend
	"lin_api_", "figd_", "ATATT3", "ATATT3xFfGF0", "ATCTT3", "ATCTT3xFfGF0", "ATBB", // Linear, Figma, Atlassian
	"ntn_", "secret_", "CFPAT-", "EAAA", "sq0atp-", "sq0csp-", // Notion, Contentful, Square
	"sbp_", "sb_secret_", "hvs.", "hvb.", "dp.pt.", "dp.st.", "ops_", "AGE-SECRET-KEY-1", "tskey-auth-", "tskey-api-",
	"sntrys_", "sntryu_", "glsa_", "glc_", "phc_", "phx_", "NRAK-", "dt0c01.", "dapi", "PMAK-", "pul-",
	"rzp_live_", "rzp_test_", "FlyV1 fm2_", "fm2_", "v4.local.", "v4.public.", // Razorpay, Fly, PASETO
}

// ownPrefix is how the keys of other services begin that do it alike: some words, then a long random part. What has other marks is a
// password, of which the same may be chance.
var (
	ownPrefix = lazily(`^(?:(?:[A-Z]?[a-z]{2,11}|[A-Z]{2,12}|[a-z]\d)\d{0,4}[_-]){1,4}`)
	ofKeys    = lazily(`^[\w+/.~=-]+$`)
)

// Some encodings begin alike: of a URL, its scheme; of JSON in base64, its first name; of a key in DER (RFC 5958, 8017) or as
// SSH has it (RFC 4253), what kind of key it is.
var (
	anyScheme = lazily(`^[a-z][a-z0-9+.-]*://`)
	jsonIn64  = lazily(`^eyJ[\w+/-]{16}`)
	derIn64   = lazily(`^(?:MII|MIG|AAA)[A-Za-z0-9+/]{37}|^(?:MHcCAQEE|MC4CAQAw)[A-Za-z0-9+/]{8}`)
)

// publicPrefix returns the beginning of a text that is public: a vendor's prefix, or one of its encoding.
func publicPrefix(text string) string {
	if prefix := vendorPrefix(text); prefix != "" {
		return prefix
	}
	for _, encoding := range []func() *regexp.Regexp{anyScheme, jsonIn64, derIn64} {
		if prefix := encoding().FindString(text); prefix != "" {
			return prefix
		}
	}
	return ""
}

// vendorPrefix returns the public beginning of a key, empty if nothing is known of it.
func vendorPrefix(key string) string {
	longest := ""
	for _, prefix := range vendorPrefixes {
		if len(prefix) > len(longest) && strings.HasPrefix(key, prefix) {
			longest = prefix
		}
	}
	if len(longest) >= minimum || longest != "" && strings.Trim(key[len(longest):], smallLetters+"-_ ") != "" { // unlike "key-management"
		return longest
	}
	words := ownPrefix().FindString(key)
	if rest := key[len(words):]; len(rest) >= 2*minimum && isOrdinary(words) && !isOrdinary(rest) && ofKeys().MatchString(rest) {
		return words
	}
	return ""
}
