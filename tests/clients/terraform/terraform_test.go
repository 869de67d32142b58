// The resources of terraform's published GitHub provider, against a running server (see
// tests/clients/run.py). They are used as terraform does: planned, applied, read, planned again,
// which must show no difference, changed, and destroyed.
package clients

import (
	"os"
	"strconv"
	"testing"

	"github.com/hashicorp/terraform-plugin-sdk/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/terraform"
	"github.com/integrations/terraform-provider-github/v5/github"
)

type config = map[string]any

// A value that everything.py has created.
func found(name string) string { return os.Getenv("ESCLUSA_" + name) }

func number(t *testing.T, name string) int {
	t.Helper()
	value, err := strconv.Atoi(found(name))
	must(t, err)
	return value
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A resource of a kind, from its creation to its end.
type resource struct {
	*testing.T
	kind  *schema.Resource
	owner any
	state *terraform.InstanceState
}

func open(t *testing.T, kind string) *resource {
	t.Helper()
	provider := github.Provider().(*schema.Provider)
	must(t, provider.Configure(terraform.NewResourceConfigRaw(config{
		"token": found("ADMIN"), "base_url": found("URL") + "/", "owner": "demo",
		"write_delay_ms": 1})))
	return &resource{t, provider.ResourcesMap[kind], provider.Meta(),
		new(terraform.InstanceState)}
}

func (r *resource) plan(wanted config) *terraform.InstanceDiff {
	r.Helper()
	raw := terraform.NewResourceConfigRaw(wanted)
	if _, wrong := r.kind.Validate(raw); len(wrong) > 0 {
		r.Fatal(wrong)
	}
	difference, err := r.kind.Diff(r.state, raw, r.owner)
	must(r.T, err)
	return difference
}

func (r *resource) isGone() bool { return r.state == nil || r.state.ID == "" }

func (r *resource) read() {
	r.Helper()
	if r.isGone() {
		r.Fatal("it is gone as soon as it is made")
	}
	state, err := r.kind.Refresh(r.state, r.owner)
	must(r.T, err)
	r.state = state
}

// Plans and applies; reading must then give the wanted values.
func (r *resource) apply(wanted config) {
	r.Helper()
	state, err := r.kind.Apply(r.state, r.plan(wanted), r.owner)
	must(r.T, err)
	r.state = state
	r.read()
	if r.isGone() {
		r.Fatal("it is gone when it is read")
	}
	if drift := r.plan(wanted); drift != nil && !drift.Empty() {
		r.Fatalf("it has drifted: %v", drift.Attributes)
	}
}

func (r *resource) has(name, value string) {
	r.Helper()
	if is := r.state.Attributes[name]; is != value {
		r.Errorf("%s is %q, not %q", name, is, value)
	}
}

func (r *resource) destroy() {
	r.Helper()
	before := r.state.DeepCopy()
	_, err := r.kind.Apply(r.state, &terraform.InstanceDiff{Destroy: true}, r.owner)
	must(r.T, err)
	r.state = before
	r.read()
	if !r.isGone() {
		r.Error("it is still there")
	}
}

func TestTeam(t *testing.T) {
	team := open(t, "github_team")
	// Without it the provider uses GraphQL to read the members of the team.
	wanted := config{"name": "Terraformed", "description": "They plan", "privacy": "closed",
		"create_default_maintainer": true}
	team.apply(wanted)
	team.has("slug", "terraformed")
	team.has("members_count", "1")
	wanted["description"], wanted["privacy"] = "They apply", "secret"
	team.apply(wanted)
	team.has("description", "They apply")
	team.has("privacy", "secret")
	team.destroy()
}

func TestTeamMembership(t *testing.T) {
	membership := open(t, "github_team_membership")
	wanted := config{"team_id": found("TEAM_ID"), "username": "writer", "role": "member"}
	membership.apply(wanted)
	wanted["role"] = "maintainer"
	membership.apply(wanted)
	membership.has("role", "maintainer")
	membership.destroy()
}

func TestTeamRepository(t *testing.T) {
	access := open(t, "github_team_repository")
	wanted := config{"team_id": found("TEAM_ID"), "repository": "window", "permission": "push"}
	access.apply(wanted)
	wanted["permission"] = "maintain"
	access.apply(wanted)
	access.destroy()
}

func TestCollaborator(t *testing.T) {
	for _, permission := range []string{"pull", "triage", "push", "maintain", "admin"} {
		t.Run(permission, func(t *testing.T) {
			collaborator := open(t, "github_repository_collaborator")
			collaborator.apply(config{"repository": "shop", "username": "stranger",
				"permission": permission})
			collaborator.destroy()
		})
	}
}

func TestEnvironment(t *testing.T) {
	environment := open(t, "github_repository_environment")
	wanted := config{"repository": "shop", "environment": "terraformed"}
	environment.apply(wanted)
	wanted["wait_timer"], wanted["can_admins_bypass"] = 30, false
	wanted["reviewers"] = []any{config{"teams": []any{number(t, "TEAM_ID")}}}
	wanted["deployment_branch_policy"] = []any{
		config{"protected_branches": false, "custom_branch_policies": true}}
	environment.apply(wanted)
	environment.has("wait_timer", "30")
	policy := open(t, "github_repository_environment_deployment_policy")
	policy.apply(config{"repository": "shop", "environment": "terraformed",
		"branch_pattern": "release/*"})
	policy.destroy()
	environment.destroy()
}

func TestWebhook(t *testing.T) {
	hook := open(t, "github_repository_webhook")
	wanted := config{"repository": "shop", "events": []any{"deployment"}, "configuration": []any{
		config{"url": found("RECEIVER") + "/terraform", "content_type": "json",
			"secret": "s3cret", "insecure_ssl": false}}}
	hook.apply(wanted)
	wanted["events"] = []any{"deployment", "deployment_status"}
	hook.apply(wanted)
	hook.destroy()
}

func TestDeployKey(t *testing.T) {
	key := open(t, "github_repository_deploy_key")
	key.apply(config{"repository": "shop", "title": "terraform", "read_only": true,
		"key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVzY2x1c2EgYW5kIHRlcnJhZm9ybSwgYSB0ZXN0Li4u"})
	key.destroy()
}

func TestMembership(t *testing.T) {
	membership := open(t, "github_membership")
	membership.apply(config{"username": "reader", "role": "member"})
	membership.destroy()
}
