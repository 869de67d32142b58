// go-github as it is published, against a running server (see tests/clients/run.py).
package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"esclusa/clients/github"
)

var background = context.Background()

func connect(t *testing.T, token string) *github.Client {
	t.Helper()
	client, err := github.Connect(os.Getenv("ESCLUSA_URL"), token)
	must(t, err)
	return client
}

func writer(t *testing.T) *github.Client { return connect(t, os.Getenv("ESCLUSA_WRITER")) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %#v, wanted %#v", got, want)
	}
}

func pointer[T any](value T) *T { return &value }

func environment(t *testing.T) string { return github.Major + "-" + strings.ToLower(t.Name()) }

// plain is a request that nothing prevents.
func plain(t *testing.T, ref string) *github.DeploymentRequest {
	return &github.DeploymentRequest{Ref: &ref, AutoMerge: pointer(false),
		RequiredContexts: &[]string{}, Environment: pointer(environment(t))}
}

func create(t *testing.T, request *github.DeploymentRequest) *github.Deployment {
	t.Helper()
	made, _, err := writer(t).Repositories.CreateDeployment(background, "demo", "shop", request)
	must(t, err)
	return made
}

func tryToCreate(t *testing.T, request *github.DeploymentRequest) error {
	_, _, err := writer(t).Repositories.CreateDeployment(background, "demo", "shop", request)
	return err
}

func deployed(t *testing.T) int {
	t.Helper()
	list, _, err := writer(t).Repositories.ListDeployments(background, "demo", "shop",
		&github.DeploymentsListOptions{Environment: environment(t)})
	must(t, err)
	return len(list)
}

// refused is the error as the client decodes it.
func refused(t *testing.T, err error, status int, message string) *github.ErrorResponse {
	t.Helper()
	var response *github.ErrorResponse
	if !errors.As(err, &response) {
		t.Fatalf("no ErrorResponse: %v", err)
	}
	equal(t, response.Response.StatusCode, status)
	if !strings.Contains(response.Message, message) {
		t.Fatalf("the message is %q", response.Message)
	}
	return response
}

func TestWhoTheTokenBelongsTo(t *testing.T) {
	user, _, err := writer(t).Users.Get(background, "")
	must(t, err)
	equal(t, user.GetLogin(), "writer")
}

func TestADeploymentIsCreatedReadAndListed(t *testing.T) {
	request := plain(t, "main")
	request.Payload = map[string]any{"user": "ada", "text": "€ 🚀"}
	request.Task, request.Description = pointer("deploy:docs"), pointer("The first")
	request.TransientEnvironment = pointer(true)
	made := create(t, request)
	read, _, err := writer(t).Repositories.GetDeployment(background, "demo", "shop", made.GetID())
	must(t, err)
	equal(t, read, made)
	var payload map[string]any
	must(t, json.Unmarshal(read.Payload, &payload))
	equal(t, payload, request.Payload)
	equal(t, read.GetCreator().GetLogin(), "writer")
	equal(t, read.GetTask(), "deploy:docs")
	equal(t, deployed(t), 1)
	if !strings.Contains(read.GetURL(), "/api/v3/repos/demo/shop/deployments/") {
		t.Fatal(read.GetURL())
	}
}

func Test250DeploymentsAreListedByPages(t *testing.T) {
	options := &github.DeploymentsListOptions{Environment: "many"}
	options.PerPage = 100
	var ids []int64
	pages := 0
	for {
		list, response, err := writer(t).Repositories.ListDeployments(background, "demo", "shop",
			options)
		must(t, err)
		pages++
		for _, one := range list {
			ids = append(ids, one.GetID())
		}
		if response.NextPage == 0 {
			break
		}
		equal(t, response.LastPage, 3)
		options.Page = response.NextPage
	}
	equal(t, pages, 3)
	equal(t, len(ids), 250)
	for i := 1; i < len(ids); i++ {
		if ids[i] >= ids[i-1] {
			t.Fatalf("%d comes after %d", ids[i], ids[i-1])
		}
	}
}

func TestStatusesAreReportedListedAndRead(t *testing.T) {
	repositories := writer(t).Repositories
	id := create(t, plain(t, "main")).GetID()
	for _, state := range []string{"queued", "in_progress", "success"} {
		made, _, err := repositories.CreateDeploymentStatus(background, "demo", "shop", id,
			&github.DeploymentStatusReq{State: &state, LogURL: pointer("https://ci.example.org/1")})
		must(t, err)
		equal(t, made.GetTargetURL(), "https://ci.example.org/1")
		read, _, err := repositories.GetDeploymentStatus(background, "demo", "shop", id, made.GetID())
		must(t, err)
		equal(t, read, made)
	}
	var states []string
	options := &github.ListOptions{PerPage: 2}
	for {
		list, response, err := repositories.ListDeploymentStatuses(background, "demo", "shop", id,
			options)
		must(t, err)
		for _, one := range list {
			states = append(states, one.GetState())
		}
		if response.NextPage == 0 {
			break
		}
		options.Page = response.NextPage
	}
	equal(t, states, []string{"success", "in_progress", "queued"})
	_, _, err := repositories.CreateDeploymentStatus(background, "demo", "shop", id,
		&github.DeploymentStatusReq{State: pointer("finished")})
	refused(t, err, http.StatusUnprocessableEntity, "finished is not a member of [")
}

func TestADeploymentIsDeletedOnceItIsInactive(t *testing.T) {
	repositories := writer(t).Repositories
	id := create(t, plain(t, "main")).GetID()
	create(t, plain(t, "main"))
	report := func(state string) {
		_, _, err := repositories.CreateDeploymentStatus(background, "demo", "shop", id,
			&github.DeploymentStatusReq{State: &state})
		must(t, err)
	}
	report("success")
	_, err := repositories.DeleteDeployment(background, "demo", "shop", id)
	response := refused(t, err, http.StatusUnprocessableEntity, "Validation Failed")
	equal(t, len(response.Errors), 1)
	equal(t, response.Errors[0].Message, "We cannot delete an active deployment unless it is "+
		"the only deployment in a given environment.")
	report("inactive")
	answer, err := repositories.DeleteDeployment(background, "demo", "shop", id)
	must(t, err)
	equal(t, answer.StatusCode, http.StatusNoContent)
	_, _, err = repositories.GetDeployment(background, "demo", "shop", id)
	refused(t, err, http.StatusNotFound, "Not Found")
}

func Test202IsAnAcceptedErrorAndDeploysNothing(t *testing.T) {
	ref := fmt.Sprintf("late/%d", github.Number)
	request := plain(t, ref)
	request.AutoMerge = nil
	var accepted *github.AcceptedError
	if err := tryToCreate(t, request); !errors.As(err, &accepted) {
		t.Fatalf("no AcceptedError: %v", err)
	}
	var body map[string]string
	must(t, json.Unmarshal(accepted.Raw, &body))
	equal(t, body["message"], "Auto-merged main into "+ref+" on deployment.")
	equal(t, deployed(t), 0)
	equal(t, create(t, request).GetRef(), ref)
}

func Test409ForAConflict(t *testing.T) {
	ref := fmt.Sprintf("clash/%d", github.Number)
	request := plain(t, ref)
	request.AutoMerge = nil
	for range 2 {
		refused(t, tryToCreate(t, request), http.StatusConflict,
			"Conflict merging main into "+ref+".")
	}
	equal(t, deployed(t), 0)
	equal(t, create(t, plain(t, ref)).GetSHA(), os.Getenv("ESCLUSA_CLASH_SHA"))
}

func Test409ForRequiredContexts(t *testing.T) {
	ref := fmt.Sprintf("ahead/%d", github.Number)
	sha := create(t, plain(t, ref)).GetSHA()
	report(t, sha, "ci/build", "success")
	report(t, sha, "ci/test", "pending")
	request := plain(t, ref)
	request.RequiredContexts = nil
	response := refused(t, tryToCreate(t, request), http.StatusConflict,
		"Conflict: Commit status checks failed for "+ref+".")
	equal(t, len(response.Errors), 1)
	first := response.Errors[0]
	equal(t, []string{first.Resource, first.Field, first.Code},
		[]string{"Deployment", "required_contexts", "invalid"})
	report(t, sha, "ci/test", "success")
	create(t, request)
}

func Test422ForAnUnknownRefAndForNone(t *testing.T) {
	refused(t, tryToCreate(t, plain(t, "nope")), http.StatusUnprocessableEntity,
		"No ref found for: nope")
	refused(t, tryToCreate(t, &github.DeploymentRequest{}), http.StatusUnprocessableEntity,
		`"ref" wasn't supplied.`)
}

func Test401And404(t *testing.T) {
	_, _, err := connect(t, "wrong").Repositories.ListDeployments(background, "demo", "shop", nil)
	refused(t, err, http.StatusUnauthorized, "Bad credentials")
	_, _, err = writer(t).Repositories.ListDeployments(background, "demo", "nope", nil)
	refused(t, err, http.StatusNotFound, "Not Found")
}
