package laws

import (
	"bytes"
	"io"
	"net/http"
	"sync"

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
	response.Body = &lineTee{ReadCloser: response.Body, log: &r.out}
	return response, nil
}

// A lineTee writes to a log what is read, each line at once: so lines of answers that come at the same time stay apart.
type lineTee struct {
	io.ReadCloser
	log *log

	mu   sync.Mutex // a body may be closed while it is read
	line []byte     // as far as it has come
}

func (r *lineTee) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line = append(r.line, p[:n]...)
	if end := bytes.LastIndexByte(r.line, '\n') + 1; end > 0 {
		_, _ = r.log.Write(r.line[:end])
		r.line = append(r.line[:0], r.line[end:]...)
	}
	if err != nil {
		r.end()
	}
	return n, err
}

func (r *lineTee) Close() error {
	err := r.ReadCloser.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end()
	return err
}

func (r *lineTee) end() {
	if len(r.line) > 0 {
		_, _ = r.log.Write(append(r.line, '\n'))
		r.line = nil
	}
}
