package laws

import (
	"bytes"
	"io"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// visitHTTP is visit over streamable HTTP, for a client whose principal is ann.
func (s *stage) visitHTTP(revision string, say answer, env ...string) *session {
	s.t.Helper()
	p, url := s.serveHTTP(env...)
	v := &session{process: p, stays: true}
	v.connect(&mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: recorder{v}}}, revision, say)
	return v
}

// A recorder keeps what passes over HTTP, and says who the client belongs to.
type recorder struct{ *session }

func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer ann")
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		_, _ = r.in.Write(append(body, '\n'))
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	var headers bytes.Buffer
	_ = response.Header.Write(&headers) // to memory
	_, _ = r.out.Write(headers.Bytes())
	response.Body = &tee{response.Body, &r.out, func() { _, _ = r.out.Write([]byte("\n")) }}
	return response, nil
}
