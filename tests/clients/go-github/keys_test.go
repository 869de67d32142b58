package clients

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"os"
	"testing"

	"esclusa/clients/github"
)

// publicKey is an ed25519 key in OpenSSH's form, different for each name.
func publicKey(name string) string {
	field := func(data []byte) []byte { return append([]byte{0, 0, 0, byte(len(data))}, data...) }
	point := sha256.Sum256([]byte(name))
	blob := append(field([]byte("ssh-ed25519")), field(point[:])...)
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
}

func TestDeployKeysAreAddedListedAndDeleted(t *testing.T) {
	repos := connect(t, os.Getenv("ESCLUSA_ADMIN")).Repositories
	text := publicKey(environment(t))
	wanted := &github.Key{Key: pointer(text + " ada@shop"), Title: pointer("CI"),
		ReadOnly: pointer(true)}
	made, _, err := repos.CreateKey(background, "demo", "shop", wanted)
	must(t, err)
	equal(t, []any{made.GetKey(), made.GetTitle(), made.GetReadOnly(), made.GetVerified()},
		[]any{text, "CI", true, true})
	read, _, err := repos.GetKey(background, "demo", "shop", made.GetID())
	must(t, err)
	equal(t, read, made)
	listed, _, err := repos.ListKeys(background, "demo", "shop", nil)
	must(t, err)
	equal(t, listed, []*github.Key{made})
	_, _, err = repos.CreateKey(background, "demo", "shop", wanted)
	errors := refused(t, err, http.StatusUnprocessableEntity, "Validation Failed").Errors
	equal(t, errors[0].Message, "key is already in use")
	_, err = repos.DeleteKey(background, "demo", "shop", made.GetID())
	must(t, err)
	_, _, err = repos.GetKey(background, "demo", "shop", made.GetID())
	refused(t, err, http.StatusNotFound, "Not Found")
}
