package bridge

import (
	"slices"
	"strings"
)

// lineWidth is how long a line of a golden section may be.
const lineWidth = 118

// layOut joins the lines of each JSON value, indented with tabs, that fits into one.
func layOut(indented string) string {
	lines := strings.Split(indented, "\n")
	var out []string
	for i := 0; i < len(lines); {
		n := closing(lines[i:])
		line := join(lines[i : i+n])
		if n > 1 && len(line) <= lineWidth && strings.Count(lines[i], "\t") > 0 {
			out, i = append(out, line), i+n
			continue
		}
		out, i = append(out, lines[i]), i+1
	}
	return strings.ReplaceAll(strings.Join(out, "\n"), "\t", "  ") + "\n"
}

// closing counts the lines of the value that opens on the first of them.
func closing(lines []string) int {
	if !strings.HasSuffix(lines[0], "{") && !strings.HasSuffix(lines[0], "[") {
		return 1
	}
	depth := strings.Count(lines[0], "\t")
	end := slices.IndexFunc(lines[1:], func(l string) bool { return strings.Count(l[:len(l)-len(strings.TrimLeft(l, "\t"))], "\t") == depth })
	return end + 2
}

func join(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		text := strings.TrimLeft(l, "\t")
		switch {
		case i == 0:
			text = l
		case strings.HasSuffix(lines[i-1], ","):
			b.WriteString(" ")
		}
		b.WriteString(text)
	}
	return b.String()
}
