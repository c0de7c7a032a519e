package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
)

// maxSigned is how much of a body is kept in memory to be signed, where it can't be read twice.
const maxSigned = 8 << 20

// hashOf returns the hash of the body of a request that is signed, in hexadecimal, or what the caller says of it: S3 also takes
// UNSIGNED-PAYLOAD. The request has the whole body still. The error is [ErrTooLong], or that of the body.
func hashOf(req *http.Request) (string, error) {
	if said := req.Header.Get(amzHash); said != "" {
		return said, nil
	}
	if req.Body == nil || req.Body == http.NoBody {
		return hexOf(nil), nil
	}
	if req.GetBody != nil {
		return hashOfAnother(req)
	}
	text, err := io.ReadAll(io.LimitReader(req.Body, maxSigned+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxSigned {
		return "", ErrTooLong
	}
	body := req.Body
	req.Body, req.ContentLength = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(text), body}, int64(len(text)) // S3 wants to know
	return hexOf(text), nil
}

// hashOfAnother reads a copy of the body.
func hashOfAnother(req *http.Request) (string, error) {
	another, err := req.GetBody()
	if err != nil {
		return "", err
	}
	defer another.Close()
	h := sha256.New()
	if _, err := io.Copy(h, another); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hexOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
