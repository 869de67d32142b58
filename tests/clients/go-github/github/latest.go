//go:build !older

// Package github is one major version of go-github: the latest, or an older one (-tags older).
package github

import (
	"context"

	"github.com/google/go-github/v88/github"
)

// What the tests use of it.
type (
	AbuseRateLimitError    = github.AbuseRateLimitError
	AcceptedError          = github.AcceptedError
	ActionsVariable        = github.ActionsVariable
	BranchPolicy           = github.BranchPolicy
	BranchPolicyRequest    = github.DeploymentBranchPolicyRequest
	Client                 = github.Client
	CreateCheckRunOptions  = github.CreateCheckRunOptions
	CreateEnvironment      = github.CreateUpdateEnvironment
	Deployment             = github.Deployment
	DeploymentRequest      = github.DeploymentRequest
	DeploymentStatus       = github.DeploymentStatus
	DeploymentStatusReq    = github.DeploymentStatusRequest
	DeploymentsListOptions = github.DeploymentsListOptions
	EncryptedSecret        = github.EncryptedSecret
	EnvReviewers           = github.EnvReviewers
	ErrorResponse          = github.ErrorResponse
	Key                    = github.Key
	ListOptions            = github.ListOptions
	PublicKey              = github.PublicKey
	RateLimitError         = github.RateLimitError
	RepoStatus             = github.RepoStatus
	Response               = github.Response
	UpdateCheckRunOptions  = github.UpdateCheckRunOptions
)

// Major is the major version.
const Major = "v88"

// Number ends the names of the branches that it uses up: the other one finds its own.
const Number = 1

// Connect makes a client as for an Enterprise server.
func Connect(url, token string) (*Client, error) {
	return github.NewClient(github.WithAuthToken(token), github.WithEnterpriseURLs(url, url))
}

// CreateStatus reports a commit status.
func CreateStatus(c *Client, ref string, status RepoStatus) (*RepoStatus, *Response, error) {
	return c.Repositories.CreateStatus(context.Background(), "demo", "shop", ref, status)
}
