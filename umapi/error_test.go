package umapi

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestError_SaysWhatAnOperatorNeeds(t *testing.T) {
	t.Parallel()
	err := &Error{
		Op: "action", Status: 429, Code: "429050", Message: "Too many requests", RequestID: "abc",
		RetryAfter: 38 * time.Second, Outcome: OutcomeRefused, Err: context.Canceled,
	}
	require.EqualError(t, err, "umapi: action: status 429: 429050: Too many requests: context canceled (retry after 38s) (X-Request-Id abc)")
	require.ErrorIs(t, err, context.Canceled)
}

func TestClassOfAndOutcomeOf_KnowNothingOfOtherErrors(t *testing.T) {
	t.Parallel()
	require.Empty(t, ClassOf(nil))
	require.Empty(t, OutcomeOf(nil))
	require.Equal(t, ClassTransient, ClassOf(errors.New("disk is full")))
	require.Equal(t, OutcomeUnknown, OutcomeOf(errors.New("disk is full")))
	require.Equal(t, OutcomeUnknown, OutcomeOf(&Error{Op: "action"}), "an outcome that was not set is not certain")
}

func TestClassOfAndOutcomeOf_LookThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("settle call 7: %w", &Error{Op: "action", Status: 429, Outcome: OutcomeRefused})
	require.Equal(t, ClassThrottled, ClassOf(err))
	require.Equal(t, OutcomeRefused, OutcomeOf(err))
}

func TestIdentityTypeAndOption_Validate(t *testing.T) {
	t.Parallel()
	for _, it := range []IdentityType{FederatedID, EnterpriseID, AdobeID} {
		require.NoError(t, it.Validate())
	}
	require.ErrorContains(t, IdentityType("federatedid").Validate(), `"federatedid": want federatedID`)
	require.Error(t, IdentityType("").Validate())
	require.NoError(t, Option("").Validate())
	require.Error(t, Option("update").Validate())
}
