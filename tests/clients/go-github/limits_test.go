package clients

import (
	"errors"
	"os"
	"strings"
	"testing"

	"esclusa/clients/github"
)

func limited(t *testing.T, token string) *github.Client {
	t.Helper()
	client, err := github.Connect(os.Getenv("ESCLUSA_LIMITED_URL"), os.Getenv(token))
	must(t, err)
	return client
}

// failure repeats the call until it fails.
func failure(t *testing.T, call func() error) error {
	t.Helper()
	for range 30 {
		if err := call(); err != nil {
			return err
		}
	}
	t.Fatal("no limit was met")
	return nil
}

func TestARateLimitErrorWhenTheRequestsOfTheHourAreUsedUp(t *testing.T) {
	meet := func(client *github.Client) string {
		err := failure(t, func() error {
			_, _, err := client.Repositories.ListDeployments(background, "demo", "shop", nil)
			return err
		})
		var limit *github.RateLimitError
		if !errors.As(err, &limit) {
			t.Fatalf("no RateLimitError: %v", err)
		}
		equal(t, []int{limit.Rate.Limit, limit.Rate.Remaining}, []int{20, 0})
		return limit.Message
	}
	client := limited(t, "ESCLUSA_LIMITED_READER")
	meet(client)
	// The client sends no more requests once it knows of the limit; a new client does not know.
	for says, client := range map[string]*github.Client{
		"not making remote request":            client,
		"API rate limit exceeded for user ID ": limited(t, "ESCLUSA_LIMITED_READER"),
	} {
		if message := meet(client); !strings.Contains(message, says) {
			t.Fatal(message)
		}
	}
}

func TestAnAbuseRateLimitErrorWhenTooMuchIsCreatedInAMinute(t *testing.T) {
	client := limited(t, "ESCLUSA_LIMITED_WRITER")
	err := failure(t, func() error {
		_, _, err := client.Repositories.CreateDeployment(background, "demo", "shop",
			plain(t, "main"))
		return err
	})
	var limit *github.AbuseRateLimitError
	if !errors.As(err, &limit) {
		t.Fatalf("no AbuseRateLimitError: %v", err)
	}
	if limit.RetryAfter == nil || *limit.RetryAfter <= 0 {
		t.Fatal("the client is not told how long to wait")
	}
}
