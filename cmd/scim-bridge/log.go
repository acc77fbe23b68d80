package main

import (
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// The formats of log lines.
const (
	logAuto = "auto" // text on a terminal, else JSON
	logText = "text"
	logJSON = "json"
)

// logFlags are --log-level and --log-format.
type logFlags struct{ level, format *string }

func addLogFlags(cmd *cobra.Command) logFlags {
	return logFlags{
		level:  cmd.Flags().String("log-level", "info", "least `LEVEL` that is logged: debug, info, warn or error"),
		format: cmd.Flags().String("log-format", logAuto, "`FORMAT` of log lines: text, json, or auto, which is text on a terminal"),
	}
}

// logger returns a logger that writes to w.
func (f logFlags) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(*f.level)); err != nil {
		return nil, usagef("--log-level: %q is wrong, want debug, info, warn or error", *f.level)
	}
	opts := &slog.HandlerOptions{Level: level}
	format := *f.format
	if format == logAuto {
		format = logJSON
		if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
			format = logText
		}
	}
	switch format {
	case logText:
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case logJSON:
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return nil, usagef("--log-format: %q is wrong, want text, json or auto", format)
}
