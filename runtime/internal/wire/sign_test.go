package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

const (
	exampleID     = "AKIAIOSFODNN7EXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// The examples that AWS publishes: Amazon S3 API Reference, "Signature Calculations for the Authorization Header".
func TestSignaturesThatAWSPublishes(t *testing.T) {
	c := Credential{field.SentAs{Form: field.SigV4, Service: "s3"}, []string{exampleID, exampleSecret, "us-east-1"}}
	for _, example := range []struct {
		method, target string
		header         http.Header
		body           string
		want           string
	}{
		{"GET", "/test.txt", http.Header{"Range": {"bytes=0-9"}}, "", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"PUT", "/test%24file.text", http.Header{"Date": {"Fri, 24 May 2013 00:00:00 GMT"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"}}, "Welcome to Amazon S3.",
			"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"GET", "/?lifecycle", http.Header{}, "", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"GET", "/?max-keys=2&prefix=J", http.Header{}, "", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), example.method, "https://examplebucket.s3.amazonaws.com"+example.target, strings.NewReader(example.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header, req.ContentLength = example.header, -1 // which the examples do not sign
		if err := c.put(req, time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		if got := req.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+example.want) {
			t.Errorf("%s %s: %s", example.method, example.target, got)
		}
	}
}

// What arrives is what was signed, whatever the path, the query and the body.
func TestSignedRequestsArriveAsTheyWereSigned(t *testing.T) {
	var problem string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { problem = checkSignature(r) }))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	for _, service := range []string{"s3", "execute-api"} {
		as := field.SentAs{Form: field.SigV4, Service: service}
		rt := New(Config{
			As: as, Fixed: &Place{Hosts: []string{u.Host}},
			Get: func(context.Context, func(Place) error) (Credential, error) {
				return Credential{as, []string{exampleID, exampleSecret, "eu-central-1", "session/token=="}}, nil
			},
			Mask: func(text string) string { return text },
			Fail: func(_ context.Context, err error) error { return err },
		})
		for _, target := range []string{"/", "", "/a/b", "/a%2Fb/c%20d", "/ä/%C3%A4?ü=ö", "/x?b=2&a=1&a=0&c", "/x?a=%2F+b", "//a//b", "/a:b@c;d,e"} {
			for _, body := range []io.Reader{nil, strings.NewReader("text"), io.MultiReader(strings.NewReader("text")), io.MultiReader()} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+target, body)
				if err != nil {
					t.Fatal(err)
				}
				req.Header["X-Own"] = []string{" two   spaces ", "b"}
				resp, err := rt.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if problem != "" {
					t.Errorf("%s, %q, body %T: %s", service, target, body, problem)
				}
			}
		}
	}
}

// checkSignature signs a request again as it has arrived.
func checkSignature(r *http.Request) (problem string) {
	got := r.Header.Get("Authorization")
	_, list, _ := strings.Cut(got, "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	_, scope, _ := strings.Cut(got, "Credential="+exampleID+"/")
	parts := strings.Split(scope, "/")
	if len(parts) < 4 {
		return "no signature: " + got
	}
	again := &http.Request{Method: r.Method, Host: r.Host, URL: &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}, Header: http.Header{}}
	for name := range strings.SplitSeq(list, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
		if name == "content-length" {
			again.ContentLength = r.ContentLength
		}
	}
	body, _ := io.ReadAll(r.Body)
	hash := r.Header.Get("X-Amz-Content-Sha256")
	if hash != hexOf(body) && hash != "UNSIGNED-PAYLOAD" {
		return "another body"
	}
	keys := aws.Credentials{AccessKeyID: exampleID, SecretAccessKey: exampleSecret, SessionToken: r.Header.Get("X-Amz-Security-Token")}
	now, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	err := v4.NewSigner().SignHTTP(context.Background(), keys, again, hash, parts[2], parts[1], now, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = parts[2] == "s3" })
	if want := again.Header.Get("Authorization"); err != nil || got != want {
		return got + " is not " + want
	}
	return ""
}

// A body that can't be read twice is signed up to a bound; what the caller says of it counts.
func TestBodiesThatAreSigned(t *testing.T) {
	c := Credential{field.SentAs{Form: field.SigV4, Service: "s3"}, []string{exampleID, exampleSecret, "us-east-1"}}
	request := func(body io.Reader) *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://examplebucket.s3.amazonaws.com/x", body)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	endless := io.MultiReader(io.LimitReader(zeros{}, maxSigned+1))
	if err := c.put(request(endless), time.Now()); !errors.Is(err, ErrTooLong) {
		t.Errorf("a long body: %v", err)
	}
	req := request(zeros{})
	req.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	if err := c.put(req, time.Now()); err != nil || req.Header.Get("X-Amz-Content-Sha256") != "UNSIGNED-PAYLOAD" {
		t.Errorf("a body of which the caller says that it is not signed: %v", err)
	}
	long := strings.Repeat("x", maxSigned+1)
	req = request(strings.NewReader(long))
	if err := c.put(req, time.Now()); err != nil {
		t.Errorf("a long body that can be read twice: %v", err)
	}
	if text, _ := io.ReadAll(req.Body); len(text) != len(long) {
		t.Error("the body was read")
	}
	broken := errors.New("broken")
	req = request(io.MultiReader(failing{broken}))
	if err := c.put(req, time.Now()); !errors.Is(err, broken) {
		t.Error(err)
	}
	req = request(strings.NewReader("x"))
	req.GetBody = func() (io.ReadCloser, error) { return nil, broken }
	if err := c.put(req, time.Now()); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// What would end a header, or mean another user, is not sent.
func TestValuesThatDoNotFit(t *testing.T) {
	for name, c := range map[string]Credential{
		"a line end":           {field.SentAs{Form: field.Bearer}, []string{"a\r\nX: y"}},
		"a null":               {field.SentAs{Form: field.Bearer}, []string{"a\x00"}},
		"a space at the end":   {field.SentAs{Form: field.Header, Name: "X", Format: "Token {value}"}, []string{"a "}},
		"a colon in the user":  {field.SentAs{Form: field.Basic}, []string{"a:b", "c"}},
		"a line end in an id":  {field.SentAs{Form: field.SigV4, Service: "s3"}, []string{"a\n", "b", "c"}},
		"a line end in a zone": {field.SentAs{Form: field.SigV4, Service: "s3"}, []string{"a", "b", "c\n"}},
		"a null in a token":    {field.SentAs{Form: field.SigV4, Service: "s3"}, []string{"a", "b", "c", "\x00"}},
	} {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		if err := c.put(req, time.Now()); !errors.Is(err, ErrUnfit) {
			t.Errorf("%s: %v, %v", name, err, req.Header)
		}
	}
	for name, c := range map[string]Credential{
		"Authorization: Bearer a.b-c":   {field.SentAs{Form: field.Bearer}, []string{"a.b-c"}},
		"X-Key: Token {value} a":        {field.SentAs{Form: field.Header, Name: "x-key", Format: "Token {value} a"}, []string{"{value}"}},
		"Authorization: Basic w6Q6OmI=": {field.SentAs{Form: field.Basic}, []string{"ä", ":b"}},
		"Authorization: Basic OmE=":     {field.SentAs{Form: field.Basic}, []string{"", "a"}},
	} {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		err := c.put(req, time.Now())
		header, value, _ := strings.Cut(name, ": ")
		if err != nil || req.Header.Get(header) != value {
			t.Errorf("%s: %v, %v", name, err, req.Header)
		}
	}
}
