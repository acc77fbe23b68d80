package postgrestest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Room has no file of the server grow beyond so many bytes, which is how it comes to
// have no room without a disk that is full; 0 is no bound. Where that is in the middle
// of a page, the server meets what it takes for a full disk: a write that is cut short.
func (s *Server) Room(bytes uint64) error {
	bound := "unlimited"
	if bytes > 0 {
		bound = strconv.FormatUint(bytes, 10)
	}
	first := strconv.Itoa(s.process.Process.Pid) // from which those that begin later inherit
	if err := bind(first, bound); err != nil {
		return err
	}
	lists, err := filepath.Glob("/proc/" + first + "/task/*/children")
	if err != nil {
		return err
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			return err
		}
		for _, pid := range strings.Fields(string(text)) {
			if err := bind(pid, bound); err != nil {
				return err
			}
		}
	}
	return nil
}

// bind bounds the files of a process of the server, unless it has ended. Even root may
// have to do so as the user that the server runs as.
func bind(pid, bound string) error {
	cmd := exec.Command("prlimit", "--pid", pid, "--fsize="+bound+":")
	unprivileged(cmd)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if _, gone := os.Stat("/proc/" + pid); gone != nil {
		return nil
	}
	return fmt.Errorf("bound files: %w: %s", err, out)
}
