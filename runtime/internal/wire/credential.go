package wire

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"golang.org/x/net/http/httpguts"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A Credential is what a request carries.
type Credential struct {
	As field.SentAs
	// Texts are the values, one for each of [field.Form.Roles], or the only one; none where it is not set.
	Texts []string
}

const (
	authorization = "Authorization"
	amzDate       = "X-Amz-Date"
	amzToken      = "X-Amz-Security-Token"
	amzHash       = "X-Amz-Content-Sha256"
)

// headers returns the names of the headers in which as is sent.
func headers(as field.SentAs) []string {
	switch as.Form {
	case field.Header:
		return []string{as.Name}
	case field.Query:
		return nil
	case field.SigV4:
		return []string{authorization, amzDate, amzToken}
	}
	return []string{authorization}
}

// checkFree returns [ErrTaken] if the caller's request has what as is sent in: two credentials are one too many, and nobody could tell
// which one counted.
func checkFree(as field.SentAs, req *http.Request) error {
	for _, slot := range headers(as) {
		for name, values := range req.Header {
			if len(values) > 0 && strings.EqualFold(name, slot) {
				return ErrTaken
			}
		}
	}
	if as.Form == field.Query && withoutParameter(req.URL.RawQuery, as.Name, nil) != req.URL.RawQuery {
		return ErrTaken
	}
	return nil
}

// withoutParameter returns a query without the parameters of a name, in any case, for whose value drop holds; nil is any value.
func withoutParameter(query, name string, drop func(value string) bool) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(key); err == nil {
			key = k
		}
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		if !strings.EqualFold(key, name) || drop != nil && !drop(value) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// put puts the credential into a request, which is our own. The error is [ErrUnfit] or [ErrTooLong].
func (c Credential) put(req *http.Request, now time.Time) error {
	switch c.As.Form {
	case field.Query:
		req.URL.RawQuery = joinedQuery(req.URL.RawQuery, url.QueryEscape(c.As.Name)+"="+url.QueryEscape(c.Texts[0]))
		return nil
	case field.Header:
		return set(req, c.As.Name, c.header())
	case field.Basic:
		user, password := c.Texts[0], c.Texts[1]
		if strings.Contains(user, ":") { // RFC 7617, section 2
			return ErrUnfit
		}
		return set(req, authorization, "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	case field.SigV4:
		return c.sign(req, now)
	}
	return set(req, authorization, c.header())
}

// header returns what a header carries of a single value.
func (c Credential) header() string {
	if c.As.Form == field.Header {
		return strings.Replace(c.As.Format, field.Hole, c.Texts[0], 1)
	}
	return "Bearer " + c.Texts[0]
}

// set sets a header that has no value yet.
func set(req *http.Request, name, value string) error {
	if value != strings.TrimSpace(value) || !httpguts.ValidHeaderFieldValue(value) {
		return ErrUnfit
	}
	req.Header[http.CanonicalHeaderKey(name)] = []string{value}
	return nil
}

// sign signs a request with AWS Signature Version 4, by AWS's own signer. What is signed is the request that is sent: nothing else
// that a caller chooses.
func (c Credential) sign(req *http.Request, now time.Time) error {
	hash, err := hashOf(req)
	if err != nil {
		return err
	}
	req.Header.Set(amzHash, hash) // which S3 wants, and others take
	keys := aws.Credentials{AccessKeyID: c.Texts[0], SecretAccessKey: c.Texts[1]}
	if len(c.Texts) > 3 {
		keys.SessionToken = c.Texts[3]
	}
	for _, text := range []string{keys.AccessKeyID, keys.SessionToken, c.Texts[2]} {
		if !httpguts.ValidHeaderFieldValue(text) {
			return ErrUnfit
		}
	}
	return v4.NewSigner().SignHTTP(context.Background(), keys, req, hash, c.As.Service, c.Texts[2], now, func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = c.As.Service == "s3" // whose paths are escaped once
	})
}
