package clients

import (
	"net/http"
	"os"
	"testing"

	"esclusa/clients/github"
)

func TestEnvironmentsAreSetUpReadAndDeleted(t *testing.T) {
	client := connect(t, os.Getenv("ESCLUSA_ADMIN"))
	repos, name := client.Repositories, environment(t)
	reviewer, _, err := client.Users.Get(background, "")
	must(t, err)
	// The client does not escape slashes in names.
	made, _, err := repos.CreateUpdateEnvironment(background, "demo", "shop", name,
		&github.CreateEnvironment{
			WaitTimer: pointer(30),
			Reviewers: []*github.EnvReviewers{{Type: pointer("User"), ID: reviewer.ID}},
			DeploymentBranchPolicy: &github.BranchPolicy{
				ProtectedBranches: pointer(false), CustomBranchPolicies: pointer(true)},
			PreventSelfReview: pointer(true)})
	must(t, err)
	equal(t, made.GetCanAdminsBypass(), true)
	equal(t, len(made.ProtectionRules), 3)
	read, _, err := repos.GetEnvironment(background, "demo", "shop", name)
	must(t, err)
	equal(t, read, made)
	listed, _, err := repos.ListEnvironments(background, "demo", "shop", nil)
	must(t, err)
	equal(t, listed.GetTotalCount() >= 1, true)
	policy, _, err := repos.CreateDeploymentBranchPolicy(background, "demo", "shop", name,
		&github.BranchPolicyRequest{Name: pointer("release/*"), Type: pointer("branch")})
	must(t, err)
	found, _, err := repos.GetDeploymentBranchPolicy(background, "demo", "shop", name,
		policy.GetID())
	must(t, err)
	equal(t, found, policy)
	// It sends explicit nulls and zeros, which clear.
	cleared, _, err := repos.CreateUpdateEnvironment(background, "demo", "shop", name,
		&github.CreateEnvironment{})
	must(t, err)
	equal(t, len(cleared.ProtectionRules), 0)
	_, err = repos.DeleteEnvironment(background, "demo", "shop", name)
	must(t, err)
	_, _, err = repos.GetEnvironment(background, "demo", "shop", name)
	refused(t, err, http.StatusNotFound, "Not Found")
}
