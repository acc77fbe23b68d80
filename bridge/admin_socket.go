package bridge

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
)

// MaxSocketPath is how many bytes the path of a socket may have: one less than
// the 104 of sun_path on macOS and the BSDs, where Linux has 108 (unix(7)).
const MaxSocketPath = 103

// listenSocket listens on a Unix domain socket that only this user may open.
// One that is there and that nobody answers on was left behind by a process that was
// killed, and is replaced.
func listenSocket(path string) (net.Listener, error) {
	if len(path) > MaxSocketPath {
		return nil, fmt.Errorf("listen on socket %s: the path has %d bytes and a socket's may have %d: keep the database in a folder with a shorter path",
			path, len(path), MaxSocketPath)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("listen on socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("listen on socket %s: there is a file of that name that is no socket: move it away", path)
	case answered(path):
		return nil, fmt.Errorf("listen on socket %s: another bridge answers there: start each replica in a working directory of its own", path)
	default:
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("listen on socket: replace the one of a former process: %w", err)
		}
	}
	l, err := net.Listen("unix", path) // which removes the socket when it is closed
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	// Until here it is as open as the folder and the umask are, and nobody is
	// answered yet.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on socket: %w", err), l.Close())
	}
	return l, nil
}

// answered reports whether somebody listens on a socket.
func answered(path string) bool {
	c, err := net.Dial("unix", path)
	return err == nil && c.Close() == nil
}
