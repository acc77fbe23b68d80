//go:build unix

package sqlite

import (
	"errors"
	"os/signal"
	"syscall"
)

// failDisk has every write of this process fail that makes a file longer than a
// byte, until mend.
func failDisk() (mend func() error, err error) {
	signal.Ignore(syscall.SIGXFSZ) // which would end it
	var before syscall.Rlimit
	err = syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before)
	now := before
	now.Cur = 1
	return func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) },
		errors.Join(err, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now))
}
