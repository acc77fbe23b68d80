package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReport_ExitCodes(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk is full")
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		output string
	}{
		{"done", nil, 0, ""},
		{"failed", cause, 1, "scim-bridge: disk is full\n"},
		{"wrong use", usageError{cause}, 2, "scim-bridge: disk is full\n"},
		{"wrong use, wrapped", fmt.Errorf("serve: %w", usageError{cause}), 2, "scim-bridge: serve: disk is full\n"},
		{"done, and a person is needed", needsPerson{cause}, 3, "scim-bridge: disk is full\n"},
		{"failed, with a hint", hinted{cause, "delete something"}, 1, "scim-bridge: disk is full\n  hint: delete something\n"},
		{"wrong use, with a hint", hinted{usageError{cause}, "delete something"}, 2, "scim-bridge: disk is full\n  hint: delete something\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			assert.Equal(t, tt.code, report(&out, tt.err))
			assert.Equal(t, tt.output, out.String())
			if tt.err != nil {
				assert.ErrorIs(t, tt.err, cause)
			}
		})
	}
}
