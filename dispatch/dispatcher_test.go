package dispatch_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// limited is Adobe with its documented limits.
var limited = emulator.Config{ActionsPerMinute: 10, ReadsPerMinute: 25}

const actionPath = "POST /v2/usermanagement/action"

func TestRun_MakesAdobeFollowJoinersMoversAndLeavers(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.addUser("bob", nil)
		w.addGroup("Design", "ada", "bob")
		w.settle()
		require.Equal(t, "Byron", w.requireAdobe("ada").LastName)
		require.Equal(t, []string{"ada@example.com", "bob@example.com"}, w.adobe.Members("Design"))
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
		require.False(t, w.sync("ada").LastSynced.IsZero())

		w.setUser("ada", surname("Lovelace"))
		w.members("Design", directory.MemberRemove, "bob")
		w.settle()
		require.Equal(t, "Lovelace", w.requireAdobe("ada").LastName)
		require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design"))

		w.setUser("ada", inactive)
		require.NoError(t, w.store.DeleteUser(t.Context(), org, "u-bob", 0, origin()))
		w.settle()
		w.requireNotInAdobe("ada")
		w.requireNotInAdobe("bob")
		require.Empty(t, w.adobe.Members("Design"))

		w.setUser("ada", nil)
		w.settle()
		w.requireAdobe("ada")
		require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design"), "memberships come back with the user")
	})
}

func TestRun_AnswersWithinSecondsWhenIdle(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		time.Sleep(time.Hour)
		w.addUser("ada", nil)
		time.Sleep(time.Second)
		synctest.Wait()
		w.requireAdobe("ada")
	})
}

func TestRun_ChangesOfAddressNameTheCurrentOne(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.addGroup("Design", "ada")
		w.settle()
		w.setUser("ada", address("adele"))
		w.settle()
		u := w.requireAdobe("adele")
		require.Equal(t, "adele@example.com", u.Username)
		require.Equal(t, []string{"Design"}, u.Groups)
		w.requireNotInAdobe("ada")

		// The old address is free for another.
		w.addUser("second", address("ada"))
		w.settle()
		require.Equal(t, "Second", w.requireAdobe("ada").FirstName)
		require.Equal(t, "Ada", w.requireAdobe("adele").FirstName)
	})
}

func TestRun_AFailingCommandDoesNotHoldUpNineOthers(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		for i := range 9 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		w.addUser("stranger", func(doc map[string]any) {
			doc["userName"] = "stranger@elsewhere.example"
			doc["emails"] = []any{map[string]any{"value": "stranger@elsewhere.example", "primary": true}}
		})
		w.start()
		w.settle()
		require.Len(t, w.adobe.Users(), 9)
		require.Len(t, w.calls(), 1)
		s := w.sync("stranger")
		require.Equal(t, directory.SyncFailed, s.State)
		require.Contains(t, s.Detail, "error.domain.trust.nonexistent")
		require.Contains(t, s.Detail, "claim")

		// New input wakes it.
		w.setUser("stranger", address("stranger"))
		w.settle()
		w.requireAdobe("stranger")
		require.Equal(t, directory.SyncSynced, w.sync("stranger").State)
	})
}

func TestRun_WhatAdobeCannotHoldIsShownAndNeverSent(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", surname(""))
		w.addGroup("_org_admin", "ada")
		w.settle()
		require.Contains(t, w.sync("ada").Detail, "bridge.name.missing")
		g, err := w.store.Group(t.Context(), org, "g-_org_admin")
		require.NoError(t, err)
		require.Equal(t, directory.SyncFailed, g.Sync.State)
		require.Contains(t, g.Sync.Detail, "bridge.group.reserved")
		require.Empty(t, w.calls())
	})
}

func TestRun_RefusesNamesOfProductProfiles(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: "Photoshop", Type: "PRODUCT_PROFILE", Quota: "10"}))
		w.start()
		w.addUser("ada", nil)
		w.addGroup("photoshop", "ada")
		w.settle()
		w.requireAdobe("ada")
		require.Empty(t, w.adobe.Members("Photoshop"))
		g, err := w.store.Group(t.Context(), org, "g-photoshop")
		require.NoError(t, err)
		require.Contains(t, g.Sync.Detail, "bridge.group.not_a_user_group")
	})
}

func TestRun_AdoptsGroupsAndLeavesWhatIsNotOurs(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: "Design"}))
		require.NoError(t, w.adobe.AddUser(emulator.User{Email: "guest@example.com", FirstName: "G", LastName: "G", Country: "US", Groups: []string{"Design"}}))
		w.start()
		w.addUser("ada", nil)
		w.addGroup("Design", "ada")
		w.settle()
		require.Equal(t, []string{"ada@example.com", "guest@example.com"}, w.adobe.Members("Design"))

		require.NoError(t, w.store.DeleteGroup(t.Context(), org, "g-Design", 0, origin()))
		w.settle()
		require.Equal(t, []string{"guest@example.com"}, w.adobe.Members("Design"), "the group stays with those who were there")
	})
}

func TestRun_AdoptsAGroupThatAppearedAfterTheListing(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addGroup("First")
		w.settle()
		require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: "Second"}))
		w.addUser("ada", nil)
		w.addGroup("Second", "ada")
		w.settle()
		require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Second"))
		require.NoError(t, w.store.DeleteGroup(t.Context(), org, "g-Second", 0, origin()))
		w.settle()
		require.Len(t, w.adobe.Groups(), 2, "it was there before the bridge")
	})
}

func TestRun_RenamesAndDeletesGroups(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.addGroup("Design", "ada")
		w.addGroup("Other", "ada")
		w.settle()
		_, _, err := w.store.UpdateGroup(t.Context(), org, "g-Design", directory.GroupChange{Document: groupDoc("Design EU")}, origin())
		require.NoError(t, err)
		w.settle()
		require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design EU"))
		require.NoError(t, w.store.DeleteGroup(t.Context(), org, "g-Design", 0, origin()))
		require.NoError(t, w.store.DeleteGroup(t.Context(), org, "g-Other", 0, origin()))
		w.settle()
		require.Empty(t, w.adobe.Groups())
		w.requireAdobe("ada")
	})
}

func TestRun_KeepsTheRateAndObeysRetryAfter(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusTooManyRequests, RetryAfter: time.Hour, Times: 1}))
		for i := range 250 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		began := time.Now()
		w.start()
		time.Sleep(10 * time.Minute)
		w.halt()
		w.start() // a restart does not forget
		time.Sleep(49 * time.Minute)
		synctest.Wait()
		require.Len(t, w.calls(), 1)
		w.settle()
		require.Len(t, w.adobe.Users(), 250)
		calls := w.calls()
		require.Len(t, calls, 1+25)
		for i, c := range calls[1:] {
			require.Equal(t, http.StatusOK, c.Status)
			require.False(t, c.Time.Before(began.Add(time.Hour)))
			if i >= 10 {
				require.GreaterOrEqual(t, c.Time.Sub(calls[1+i-10].Time), time.Minute)
			}
		}
	})
}

func TestRun_SendsAgainWhatIsRepeatSafeAfterALostReply(t *testing.T) {
	for _, moment := range []emulator.Moment{emulator.BeforeApply, emulator.AfterApply} {
		t.Run(string(moment), func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: moment, Times: 1}))
				w.addUser("ada", nil)
				w.start()
				w.settle()
				w.requireAdobe("ada")
				require.Len(t, w.calls(), 2)
			})
		})
	}
}

func TestRun_ALeaverIsRemovedThoughTheReplyToTheCreateWasLost(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.addGroup("Design")
		w.start()
		w.settle()
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Times: 1}))
		w.addUser("ada", nil)
		w.members("Design", directory.MemberAdd, "ada")
		time.Sleep(time.Second)
		synctest.Wait()
		w.requireAdobe("ada")
		w.setUser("ada", inactive)
		w.settle()
		w.requireNotInAdobe("ada")
	})
}

func TestRun_AMembershipIsRemovedThoughTheReplyToTheAddWasLost(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.addGroup("Design")
		w.settle()
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Times: 1}))
		w.members("Design", directory.MemberAdd, "ada")
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, w.adobe.Members("Design"), 1)
		w.members("Design", directory.MemberRemove, "ada")
		w.settle()
		require.Empty(t, w.adobe.Members("Design"))
	})
}

func TestRun_ReadsBackBeforeItRepeatsAChangeOfAddress(t *testing.T) {
	for _, moment := range []emulator.Moment{emulator.BeforeApply, emulator.AfterApply} {
		t.Run(string(moment), func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				w.start()
				w.addUser("ada", nil)
				w.settle()
				before := len(w.calls())
				require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: moment, Times: 1}))
				w.setUser("ada", address("adele"))
				w.settle()
				w.requireAdobe("adele")
				w.requireNotInAdobe("ada")
				require.Equal(t, directory.SyncSynced, w.sync("ada").State)
				want := map[emulator.Moment]int{emulator.BeforeApply: 2, emulator.AfterApply: 1}[moment]
				require.Len(t, w.calls(), before+want)
			})
		})
	}
}

func TestRun_ReadsBackBeforeItRepeatsWhatChangesAGroup(t *testing.T) {
	for _, moment := range []emulator.Moment{emulator.BeforeApply, emulator.AfterApply} {
		t.Run(string(moment), func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				w.start()
				w.addGroup("Design")
				w.settle()
				require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: moment, Times: 1}))
				_, _, err := w.store.UpdateGroup(t.Context(), org, "g-Design", directory.GroupChange{Document: groupDoc("Design EU")}, origin())
				require.NoError(t, err)
				w.settle()
				require.Equal(t, "Design EU", w.adobe.Groups()[0].Name)
				require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: moment, Times: 1}))
				require.NoError(t, w.store.DeleteGroup(t.Context(), org, "g-Design", 0, origin()))
				w.settle()
				require.Empty(t, w.adobe.Groups())
			})
		})
	}
}

func TestRun_NeverDeletesAGroupThatItMayNotHaveMade(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Times: 1}))
		w.addGroup("Design")
		w.start()
		w.settle()
		w.addUser("ada", nil)
		w.members("Design", directory.MemberAdd, "ada")
		w.settle()
		require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design"))
		require.NoError(t, w.store.DeleteGroup(t.Context(), org, "g-Design", 0, origin()))
		w.settle()
		require.Len(t, w.adobe.Groups(), 1, "the reply to its creation was lost: somebody else may have made it")
		require.Empty(t, w.adobe.Members("Design"))
	})
}

func TestRun_TreatsTheCallOfAFormerProcessAsLost(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.addUser("ada", nil)
		now := time.Now().UTC()
		due, err := w.store.Due(t.Context(), org, now, 10)
		require.NoError(t, err)
		facts, err := w.store.Facts(t.Context(), org, plan.First(due))
		require.NoError(t, err)
		p := plan.Build(plan.Input{Due: due, Facts: facts, Rules: w.cfg.Rules, Now: now})
		l, err := w.store.Lease(t.Context(), org)
		require.NoError(t, err)
		require.NoError(t, w.store.RecordCall(t.Context(), l, plan.Call{ID: "crashed", Commands: p.Commands}, p.Links, now))

		w.start()
		w.settle()
		w.requireAdobe("ada")
		open, err := w.store.OpenCalls(t.Context(), org)
		require.NoError(t, err)
		require.Empty(t, open)
	})
}

func TestRun_PausesWhileTheCredentialsAreRefused(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.secret = "wrong"
		w.addUser("ada", nil)
		w.start()
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Empty(t, w.calls())
		require.Equal(t, directory.SyncPending, w.sync("ada").State)
		w.secret = "correct" // as a rotated secret file would
		w.settle()
		w.requireAdobe("ada")
	})
}

func TestRun_SplitsACallThatIsRefusedAsAWhole(t *testing.T) {
	inWorld(t, emulator.Config{}, func(t *testing.T, w *world) {
		body, err := json.Marshal(map[string]string{"result": "error.command.malformed", "message": "Expected a valid JSON payload"})
		require.NoError(t, err)
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Subject: "bad@example.com", Status: http.StatusBadRequest, Body: string(body)}))
		for i := range 9 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		w.addUser("bad", nil)
		w.start()
		w.settle()
		require.Len(t, w.adobe.Users(), 9)
		require.Equal(t, directory.SyncFailed, w.sync("bad").State)
		require.Contains(t, w.sync("bad").Detail, "error.command.malformed")
	})
}

func TestRun_ACallThatIsRefusedAsMalformedNowAndThenFailsNobody(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		const body = `{"result":"error.command.malformed","message":"Expected a valid JSON payload"}`
		for _, name := range []string{"ada", "bob"} {
			require.NoError(t, w.adobe.Inject(emulator.Fault{
				Match: actionPath, Subject: name + "@example.com", Status: http.StatusBadRequest, Body: body, Times: 3,
			}))
		}
		w.start()
		w.addUser("ada", nil)
		w.settle()
		w.requireAdobe("ada")
		w.addUser("bob", nil)
		w.addUser("zoe", nil)
		w.settle()
		w.requireAdobe("bob")
	})
}

func TestRun_GivesUpOnAnErrorThatNeverPasses(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Subject: "ada@example.com", Code: "error.internal.create_failed", Message: "no"}))
		w.addUser("ada", nil)
		w.addUser("bob", nil)
		w.start()
		w.settle()
		w.requireAdobe("bob")
		require.Equal(t, directory.SyncFailed, w.sync("ada").State)
		require.Contains(t, w.sync("ada").Detail, "error.internal.create_failed")
		require.LessOrEqual(t, len(w.calls()), 1+plan.MaxAttempts)
	})
}

func TestRun_IsolatesTheMemberThatSpoilsAList(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		names := make([]string, 20)
		for i := range names {
			names[i] = fmt.Sprintf("user%02d", i)
			w.addUser(names[i], nil)
		}
		w.addGroup("Design")
		w.settle()
		// Somebody removed one of them behind the bridge's back.
		c, err := umapi.New(umapi.Config{OrgID: orgID, ClientID: client, ClientSecret: func() (string, error) { return "correct", nil }, Transport: w.adobe})
		require.NoError(t, err)
		_, err = c.Act(t.Context(), []umapi.Command{{User: "user07@example.com", Do: []umapi.Step{{RemoveFromOrg: &umapi.RemoveFromOrg{}}}}})
		require.NoError(t, err)
		w.members("Design", directory.MemberAdd, names...)
		w.settle()
		require.Len(t, w.adobe.Members("Design"), 20, "and was made again")
	})
}

func TestRun_StopsInOrderWithACallUnderWay(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Status: http.StatusOK, Wait: 5 * time.Second, Times: 1}))
		w.addUser("ada", nil)
		w.start()
		time.Sleep(2 * time.Second)
		w.halt()
		require.Equal(t, directory.SyncSynced, w.sync("ada").State, "the reply was waited for and settled")
		open, err := w.store.OpenCalls(t.Context(), org)
		require.NoError(t, err)
		require.Empty(t, open)
	})
}

func TestRun_PushesAGroupOfHundredsInTheFewestCommands(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		names := make([]string, 300)
		for i := range names {
			names[i] = fmt.Sprintf("user%03d", i)
			w.addUser(names[i], nil)
		}
		w.start()
		w.settle()
		require.Len(t, w.calls(), 30)
		w.addGroup("Everyone")
		w.settle()
		commands, calls := w.commands(), len(w.calls())
		for start := 0; start < len(names); start += 100 {
			w.members("Everyone", directory.MemberAdd, names[start:start+100]...)
		}
		w.settle()
		require.Len(t, w.adobe.Members("Everyone"), 300)
		require.Equal(t, 3, w.commands()-commands)
		require.LessOrEqual(t, len(w.calls())-calls, 2)
	})
}
