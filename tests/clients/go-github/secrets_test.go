package clients

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"os"
	"testing"

	"golang.org/x/crypto/nacl/box"

	"esclusa/clients/github"
)

// seal does what users of the client do: it has no sealing of its own.
func seal(t *testing.T, key *github.PublicKey, name, value string) *github.EncryptedSecret {
	t.Helper()
	bytes, err := base64.StdEncoding.DecodeString(key.GetKey())
	must(t, err)
	sealed, err := box.SealAnonymous(nil, []byte(value), (*[32]byte)(bytes), rand.Reader)
	must(t, err)
	return &github.EncryptedSecret{Name: name, KeyID: key.GetKeyID(),
		EncryptedValue: base64.StdEncoding.EncodeToString(sealed)}
}

func TestSecretsAndVariablesOfAnEnvironment(t *testing.T) {
	client := connect(t, os.Getenv("ESCLUSA_ADMIN"))
	actions, name := client.Actions, environment(t)
	shop, _, err := client.Repositories.Get(background, "demo", "shop")
	must(t, err)
	number := int(shop.GetID())
	_, _, err = client.Repositories.CreateUpdateEnvironment(background, "demo", "shop", name,
		&github.CreateEnvironment{})
	must(t, err)
	key, _, err := actions.GetEnvPublicKey(background, number, name)
	must(t, err)
	for _, want := range []int{http.StatusCreated, http.StatusNoContent} {
		response, err := actions.CreateOrUpdateEnvSecret(background, number, name,
			seal(t, key, "token", "value"))
		must(t, err)
		equal(t, response.StatusCode, want)
	}
	listed, _, err := actions.ListEnvSecrets(background, number, name, nil)
	must(t, err)
	equal(t, listed.TotalCount, 1)
	read, _, err := actions.GetEnvSecret(background, number, name, "TOKEN")
	must(t, err)
	equal(t, read, listed.Secrets[0])
	_, err = actions.DeleteEnvSecret(background, number, name, "TOKEN")
	must(t, err)
	_, _, err = actions.GetEnvSecret(background, number, name, "TOKEN")
	refused(t, err, http.StatusNotFound, "Not Found")

	variable := &github.ActionsVariable{Name: "REGION", Value: "eu"}
	_, err = actions.CreateEnvVariable(background, "demo", "shop", name, variable)
	must(t, err)
	_, err = actions.CreateEnvVariable(background, "demo", "shop", name, variable)
	refused(t, err, http.StatusConflict, "Already exists - Variable already exists")
	variable.Value = "us"
	_, err = actions.UpdateEnvVariable(background, "demo", "shop", name, variable)
	must(t, err)
	found, _, err := actions.GetEnvVariable(background, "demo", "shop", name, "REGION")
	must(t, err)
	equal(t, found.Value, "us")
	all, _, err := actions.ListEnvVariables(background, "demo", "shop", name, nil)
	must(t, err)
	equal(t, all.TotalCount, 1)
	_, err = actions.DeleteEnvVariable(background, "demo", "shop", name, "REGION")
	must(t, err)
}
