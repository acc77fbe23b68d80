package plan_test

import (
	"testing"

	"pgregory.net/rapid"
)

func TestBuild_AdobeFollowsTheDirectory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMorning(t)
		for range rapid.IntRange(1, 5).Draw(t, "times") {
			for range rapid.IntRange(1, 10).Draw(t, "changes") {
				m.change()
			}
			for range rapid.IntRange(0, 4).Draw(t, "rounds") {
				m.round()
			}
		}
		m.settleDown()
	})
}

func TestBuild_AdobeFollowsTheDirectoryThoughItIsRude(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMorning(t)
		m.rude = true
		for range rapid.IntRange(1, 6).Draw(t, "times") {
			for range rapid.IntRange(1, 8).Draw(t, "changes") {
				m.change()
			}
			for range rapid.IntRange(1, 8).Draw(t, "rounds") {
				m.round()
			}
		}
		m.settleDown()
	})
}
