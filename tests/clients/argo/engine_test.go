// Argo CD's notifications engine as it is published, against a running server (see
// tests/clients/run.py). Its GitHub service signs in as the app `releaser`; the options and the
// templates are YAML, as in the configuration of Argo CD.
//
// The engine lists the deployments of the revision and the environment, and reports to the first
// one. If there is none, it creates one, with `auto_merge` true, and with `required_contexts` null
// unless the template has requiredContexts.
//
// Two parts of its templates fail in this version of the engine before it sends anything, and are
// not tried: checkRun (it takes no time, because its format is none) and pullRequestComment (a nil
// pointer). There are no pull requests here, either.
package clients

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"github.com/argoproj/notifications-engine/pkg/services"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

func found(name string) string { return os.Getenv("ESCLUSA_" + name) }

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

// fails checks that there is an error that contains each of the texts.
func fails(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it succeeded")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Fatalf("the error is %q, without %q", err, text)
		}
	}
}

// get reads JSON as the administrator, below /repos/demo/shop.
func get(t *testing.T, path string, into any) {
	t.Helper()
	request, err := http.NewRequest("GET", found("URL")+"/repos/demo/shop"+path, nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+found("ADMIN"))
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	equal(t, response.StatusCode, http.StatusOK)
	must(t, json.Unmarshal(body, into))
}

// put changes something as the administrator, below /repos/demo/shop.
func put(t *testing.T, path string, body string) {
	t.Helper()
	request, err := http.NewRequest("PUT", found("URL")+"/repos/demo/shop"+path,
		strings.NewReader(body))
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+found("ADMIN"))
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	equal(t, response.StatusCode, http.StatusOK)
}

func shaOf(t *testing.T, ref string) string {
	t.Helper()
	var commit struct{ SHA string }
	get(t, "/commits/"+ref, &commit)
	return commit.SHA
}

// service is the engine's service with the options of Argo CD's `service.github`.
func service(t *testing.T, keyFile, baseURL string) services.NotificationService {
	t.Helper()
	key, err := os.ReadFile(keyFile)
	must(t, err)
	options, err := yaml.Marshal(object{"appID": found("RELEASER_ID"),
		"installationID": found("RELEASER_INSTALLATION"), "privateKey": string(key),
		"enterpriseBaseURL": baseURL})
	must(t, err)
	made, err := services.NewService("github", options)
	must(t, err)
	return made
}

// notify sends what the template makes of the revision, as Argo CD does after a synchronization.
func notify(t *testing.T, by services.NotificationService, revision, text string) error {
	t.Helper()
	var wanted services.Notification
	must(t, yaml.Unmarshal([]byte(text), &wanted))
	fill, err := wanted.GetTemplater("test", template.FuncMap{})
	must(t, err)
	var notification services.Notification
	must(t, fill(&notification, object{"app": object{
		"spec":   object{"source": object{"repoURL": found("URL") + "/demo/shop.git"}},
		"status": object{"operationState": object{"syncResult": object{"revision": revision}}}}}))
	return by.Send(notification, services.Destination{Service: "github"})
}

func releaser(t *testing.T) services.NotificationService {
	return service(t, found("RELEASER_KEY"), found("URL")+"/api/v3")
}

// environment is the name of one of the test's own.
func environment(t *testing.T) string { return strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-")) }

// deployment is a template that reports the state there.
func deployment(t *testing.T, state string, more ...string) string {
	return "message: Synced\ngithub:\n  deployment:\n    state: " + state + "\n    environment: " +
		environment(t) + "\n    environmentURL: https://shop.example.org\n" +
		"    logURL: https://argo.example.org/1\n    " + strings.Join(more, "\n    ") + "\n"
}

type deployed struct {
	ID                   int64
	SHA, Ref             string
	TransientEnvironment bool `json:"transient_environment"`
	Creator              struct{ Login, Type string }
	Statuses             string `json:"statuses_url"`
}

type reported struct {
	State, Description, Environment string
	EnvironmentURL                  string `json:"environment_url"`
	LogURL                          string `json:"log_url"`
	Creator                         struct{ Login string }
}

func deployments(t *testing.T) (list []deployed) {
	t.Helper()
	get(t, "/deployments?environment="+environment(t), &list)
	return list
}

func states(t *testing.T, one deployed) (names []string) {
	t.Helper()
	var list []reported
	get(t, strings.SplitAfter(one.Statuses, "/demo/shop")[1], &list)
	for _, status := range list {
		names = append(names, status.State)
	}
	return names
}

func TestADeploymentIsCreatedAndItsStateReported(t *testing.T) {
	for name, form := range map[string]string{"github.com": "", "enterprise": "/api/v3"} {
		t.Run(name, func(t *testing.T) {
			revision := found("MAIN_SHA")
			by := service(t, found("RELEASER_KEY"), found("URL")+form)
			must(t, notify(t, by, revision, deployment(t, "success", "transientEnvironment: true")))
			list := deployments(t)
			equal(t, len(list), 1)
			made := list[0]
			equal(t, []any{made.SHA, made.Ref, made.TransientEnvironment, made.Creator.Login,
				made.Creator.Type}, []any{revision, revision, true, "releaser[bot]", "Bot"})
			var statuses []reported
			get(t, strings.SplitAfter(made.Statuses, "/demo/shop")[1], &statuses)
			equal(t, len(statuses), 1)
			status := statuses[0]
			equal(t, []string{status.State, status.Description, status.Environment,
				status.EnvironmentURL, status.LogURL, status.Creator.Login},
				[]string{"success", "Synced", environment(t), "https://shop.example.org",
					"https://argo.example.org/1", "releaser[bot]"})
		})
	}
}

func TestLaterNotificationsReportToTheNewestDeploymentOfTheRevision(t *testing.T) {
	by := releaser(t)
	revision, other := found("MAIN_SHA"), shaOf(t, "ahead/5")
	must(t, notify(t, by, revision, deployment(t, "in_progress")))
	must(t, notify(t, by, other, deployment(t, "in_progress")))
	must(t, notify(t, by, revision, deployment(t, "success")))
	list := deployments(t)
	equal(t, []string{list[0].SHA, list[1].SHA}, []string{other, revision})
	equal(t, len(list), 2)
	equal(t, states(t, list[1]), []string{"success", "in_progress"})
	equal(t, states(t, list[0]), []string{"in_progress"})
}

// The lookup is by the revision, and such a deployment has the reference as its ref.
func TestEachNotificationWithAReferenceCreatesADeployment(t *testing.T) {
	by, revision := releaser(t), found("MAIN_SHA")
	for range 2 {
		must(t, notify(t, by, revision, deployment(t, "success", "reference: main")))
	}
	list := deployments(t)
	equal(t, len(list), 2)
	equal(t, []string{list[0].Ref, list[0].SHA}, []string{"main", revision})
}

func commitStatus(state string) string {
	return "message: Argo says so\ngithub:\n  status:\n    state: " + state +
		"\n    label: continuous-delivery/shop\n    targetURL: https://argo.example.org/2\n"
}

func TestRequiredContextsThatAreNullAreAllContexts(t *testing.T) {
	by, revision := releaser(t), shaOf(t, "ahead/6")
	must(t, notify(t, by, revision, commitStatus("pending")))
	fails(t, notify(t, by, revision, deployment(t, "success")), "409",
		"Conflict: Commit status checks failed for "+revision+".")
	equal(t, len(deployments(t)), 0)
	must(t, notify(t, by, revision, commitStatus("success")))
	must(t, notify(t, by, revision, deployment(t, "success")))
	equal(t, len(deployments(t)), 1)
}

func TestRequiredContextsThatAreEmptyAreNone(t *testing.T) {
	by, revision := releaser(t), shaOf(t, "ahead/7")
	must(t, notify(t, by, revision, commitStatus("failure")))
	must(t, notify(t, by, revision, deployment(t, "success", "requiredContexts: []")))
	equal(t, len(deployments(t)), 1)
}

func TestACommitStatus(t *testing.T) {
	revision := shaOf(t, "ahead/8")
	must(t, notify(t, releaser(t), revision, commitStatus("success")))
	var list []struct {
		Context, State, Description string
		TargetURL                   string `json:"target_url"`
		Creator                     struct{ Login string }
	}
	get(t, "/commits/"+revision+"/statuses", &list)
	equal(t, len(list), 1)
	one := list[0]
	equal(t, []string{one.Context, one.State, one.Description, one.TargetURL, one.Creator.Login},
		[]string{"continuous-delivery/shop", "success", "Argo says so",
			"https://argo.example.org/2", "releaser[bot]"})
}

// The engine creates such a deployment once, and its reports are refused until the gates open.
func TestADeploymentThatWaitsForAGateTakesNoReport(t *testing.T) {
	by, revision := releaser(t), found("MAIN_SHA")
	put(t, "/environments/"+environment(t), `{"wait_timer": 60}`)
	for range 2 {
		fails(t, notify(t, by, revision, deployment(t, "success")), "422",
			"waits for the protection rules of "+environment(t))
	}
	equal(t, len(deployments(t)), 1)
}

func esclusa(t *testing.T, arguments ...string) {
	t.Helper()
	output, err := exec.Command(found("BINARY"), arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
}

func TestItSignsInWithAKeyThatWasAddedLaterAndWithNoOther(t *testing.T) {
	added := filepath.Join(t.TempDir(), "added.pem")
	esclusa(t, "app", "key", "releaser", "--key-file", added)
	revision := found("MAIN_SHA")
	must(t, notify(t, service(t, added, found("URL")), revision, deployment(t, "success")))
	fails(t, notify(t, service(t, found("ANOTHER_KEY"), found("URL")), revision,
		deployment(t, "failure")), "401", "could not refresh installation id")
	equal(t, states(t, deployments(t)[0]), []string{"success"})
}

func TestASuspendedInstallationSendsNothing(t *testing.T) {
	by, revision := releaser(t), found("MAIN_SHA")
	must(t, notify(t, by, revision, deployment(t, "in_progress")))
	esclusa(t, "app", "suspend", "releaser", "demo")
	live := notify(t, by, revision, deployment(t, "success"))
	fresh := notify(t, releaser(t), revision, deployment(t, "success"))
	esclusa(t, "app", "unsuspend", "releaser", "demo")
	fails(t, live, "401", "Bad credentials")
	fails(t, fresh, "403")
	must(t, notify(t, by, revision, deployment(t, "success")))
	equal(t, states(t, deployments(t)[0]), []string{"success", "in_progress"})
}
