//go:build unix

package postgrestest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// PostgreSQL refuses to run as root: it runs as its own user then, or as nobody.
func servant() (uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		return uid, gid, errors.Join(err1, err2)
	}
	return 0, 0, errors.New("no user postgres or nobody to run PostgreSQL as")
}

// give gives a folder to the user that the server runs as.
func give(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := servant()
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

// unprivileged makes a program run as that user.
func unprivileged(cmd *exec.Cmd) {
	if os.Getuid() != 0 {
		return
	}
	uid, gid, err := servant()
	if err != nil {
		return // give said so before
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// immediately asks a server for an immediate shutdown.
func immediately(p *os.Process) error { return p.Signal(syscall.SIGQUIT) }

// guard is a process that waits for the end of this one, which closes its
// standard input, then ends the server and removes its data.
type guard struct {
	process *exec.Cmd
	input   io.Closer
}

// watch is what the guard does. The server names itself in a file while it runs.
const watch = `read -r _
if pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null); then
	kill -QUIT "$pid" && while kill -0 "$pid"; do sleep 0.05; done
fi 2>/dev/null
rm -rf "$1"`

// newGuard starts the guard of a folder, in a process group of its own: what is
// sent to that of the test does not end it.
func newGuard(dir string) (*guard, error) {
	cmd := exec.Command("/bin/sh", "-c", watch, "sh", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &guard{cmd, input}, cmd.Start()
}

// stop has the guard do what it does when this process ends, and waits for it.
func (g *guard) stop() {
	_ = g.input.Close()
	_ = g.process.Wait() // what it leaves, the system removes
}
