//go:build !crashpoints

package crashpoint

// Pass passes a point.
func Pass(Point) {}
