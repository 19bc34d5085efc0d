//go:build !js

package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"sync"

	"github.com/quic-go/webtransport-go"
)

// session is a connection to the relay.
type session struct{ session *webtransport.Session }

// dial connects to the relay whose certificate has the hash. ctx ends the attempt.
func dial(ctx context.Context, url, hash string) (*session, error) {
	want, err := parseHash(hash)
	if err != nil {
		return nil, err
	}
	t := webtransport.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, // since the hash says more
		VerifyPeerCertificate: func(chain [][]byte, _ [][]*x509.Certificate) error {
			if got := sha256.Sum256(chain[0]); subtle.ConstantTimeCompare(got[:], want) == 0 {
				return errors.New("the relay's certificate has another hash")
			}
			return nil
		},
	}}
	_, s, err := t.Dial(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	return &session{s}, nil
}

// close ends the session, and all its streams.
func (s *session) close() { s.session.CloseWithError(0, "") }

func (s *session) stream(ctx context.Context) (carrier, error) {
	stream, err := s.session.OpenStreamSync(ctx)
	if err != nil {
		return nil, err
	}
	return &quicStream{Stream: stream}, nil
}

type quicStream struct {
	*webtransport.Stream

	writing sync.Mutex // QUIC ends no direction beside a Write
}

func (s *quicStream) Read(p []byte) (int, error) {
	n, err := s.Stream.Read(p)
	return n, ofClosed(err)
}

func (s *quicStream) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	n, err := s.Stream.Write(p)
	return n, ofClosed(err)
}

// ofClosed has a stream that we have ended say so.
func ofClosed(err error) error {
	if end, ok := errors.AsType[*webtransport.StreamError](err); ok && !end.Remote {
		return io.ErrClosedPipe
	}
	return err
}

func (s *quicStream) Close() error {
	if !s.writing.TryLock() { // the peer does not take it
		return s.Abort()
	}
	defer s.writing.Unlock()
	s.CancelRead(0)
	return s.Stream.Close()
}

func (s *quicStream) Abort() error {
	s.CancelRead(0)
	s.CancelWrite(0)
	return nil
}
