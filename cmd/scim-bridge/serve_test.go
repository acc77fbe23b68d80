package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPublicURL_IsOneThatCanBeCalled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		base, listen, want string
	}{
		{"https://scim.example.com", "127.0.0.1", "https://scim.example.com"},
		{"", "127.0.0.1", "http://127.0.0.1:8080"},
		{"", "::1", "http://[::1]:8080"},
		{"", "0.0.0.0", "http://127.0.0.1:8080"},
		{"", "::", "http://127.0.0.1:8080"},
	} {
		addr := &net.TCPAddr{IP: net.ParseIP(tt.listen), Port: 8080}
		require.Equal(t, tt.want, publicURL(tt.base, addr), tt.listen)
	}
}
