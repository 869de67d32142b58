package clients

import (
	"fmt"
	"sort"
	"testing"

	"esclusa/clients/github"
)

func report(t *testing.T, sha, name, state string) {
	t.Helper()
	made, _, err := github.CreateStatus(writer(t), sha,
		github.RepoStatus{Context: &name, State: &state})
	must(t, err)
	equal(t, made.GetContext(), name)
}

func TestCommitStatusesAreListedAndCombined(t *testing.T) {
	ref := fmt.Sprintf("ahead/%d", github.Number+2)
	sha := create(t, plain(t, ref)).GetSHA()
	report(t, sha, "a", "pending")
	report(t, sha, "b", "success")
	report(t, sha, "A", "success")
	list, _, err := writer(t).Repositories.ListStatuses(background, "demo", "shop", ref, nil)
	must(t, err)
	var states []string
	for _, one := range list {
		states = append(states, one.GetState())
	}
	equal(t, states, []string{"success", "success", "pending"})
	all, _, err := writer(t).Repositories.GetCombinedStatus(background, "demo", "shop", ref, nil)
	must(t, err)
	equal(t, []any{all.GetState(), all.GetTotalCount(), all.GetSHA()}, []any{"success", 2, sha})
}

func TestCheckRunsAreCreatedCompletedAndListed(t *testing.T) {
	checks := writer(t).Checks
	ref := fmt.Sprintf("ahead/%d", github.Number+4)
	sha := create(t, plain(t, ref)).GetSHA()
	var names []string
	for _, name := range []string{"lint", "types"} {
		run, _, err := checks.CreateCheckRun(background, "demo", "shop",
			github.CreateCheckRunOptions{Name: name, HeadSHA: sha, Status: pointer("in_progress")})
		must(t, err)
		run, _, err = checks.UpdateCheckRun(background, "demo", "shop", run.GetID(),
			github.UpdateCheckRunOptions{Name: name, Status: pointer("completed"),
				Conclusion: pointer("success")})
		must(t, err)
		read, _, err := checks.GetCheckRun(background, "demo", "shop", run.GetID())
		must(t, err)
		equal(t, read.GetConclusion(), "success")
	}
	list, _, err := checks.ListCheckRunsForRef(background, "demo", "shop", ref, nil)
	must(t, err)
	equal(t, list.GetTotal(), 2)
	for _, one := range list.CheckRuns {
		names = append(names, one.GetName())
	}
	sort.Strings(names)
	equal(t, names, []string{"lint", "types"})
}
