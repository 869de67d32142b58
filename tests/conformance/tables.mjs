// The judge's tables besides GitHub's OpenAPI description, each with its reason.

// The operations that must be covered: all whose path begins like this under
// /repos/{owner}/{repo}/. A `$` ends the path.
export const PREFIXES = [
  "deployments",
  "statuses/",
  "commits/{ref}/status$",
  "commits/{ref}/statuses$",
  "commits/{ref}/check-runs$",
  "check-runs$",
  "check-runs/{check_run_id}$",
  "check-runs/{check_run_id}/annotations$",
  "hooks",
  "keys",
  "collaborators",
  "teams$",
  "environments$",
  "environments/{environment_name}$",
  "environments/{environment_name}/deployment-branch-policies",
  "environments/{environment_name}/deployment_protection_rules",
  "environments/{environment_name}/secrets",
  "environments/{environment_name}/variables",
  "actions/runs/{run_id}/pending_deployments$",
  "actions/runs/{run_id}/approvals$",
  "actions/runs/{run_id}/deployment_protection_rule$",
];

// The read-only operations of a repository's code.
const repository = "/repos/{owner}/{repo}";
const READING_CODE = [
  ...["ref/{ref}", "matching-refs/{ref}", "tags/{tag_sha}", "commits/{commit_sha}"],
  ...["trees/{tree_sha}", "blobs/{file_sha}"],
].map((path) => `GET ${repository}/git/${path}`);
const BELOW_COMMITS = ["pulls", "comments", "branches-where-head"].map(
  (name) => `GET ${repository}/commits/{commit_sha}/${name}`);
const NEVER_HERE = [
  ...["forks", "stargazers", "subscribers", "languages", "contributors", "events", "notifications"],
  ...["issues", "issues/comments", "issues/events", "assignees", "labels", "milestones", "pulls"],
  ...["releases", "comments"],
].map((name) => `GET ${repository}/${name}`);
const ARCHIVES = ["tarball", "zipball"].map((name) => `GET ${repository}/${name}/{ref}`);
const suite = `${repository}/check-suites/{check_suite_id}`;

// The same for organizations, each with its whole path.
const team = "/orgs/{org}/teams/{team_slug}";
const legacyTeam = "/teams/{team_id}";
const pathsOf = (team) => [
  team,
  `${team}/members`,
  `${team}/memberships/{username}`,
  `${team}/repos`,
  `${team}/repos/{owner}/{repo}`,
];
export const ORGANIZATION_PATHS = [
  "/orgs/{org}/members",
  "/orgs/{org}/members/{username}",
  "/orgs/{org}/memberships/{username}",
  "/orgs/{org}/teams",
  ...pathsOf(team),
  ...pathsOf(legacyTeam),
];
// Only the GET of this path exists: PUT and DELETE have moved in 2014.
const checksTeamMember = `GET ${legacyTeam}/members/{username}`;
const ORGANIZATION_OPERATIONS = [
  ...ORGANIZATION_PATHS.flatMap((path) =>
    ["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => `${method} ${path}`)),
  checksTeamMember,
];

// Lists of repositories and organizations that the caller may read.
const LIST_OPERATIONS = [
  "GET /user/repos",
  "GET /user/orgs",
  "GET /orgs/{org}/repos",
  "GET /users/{username}/repos",
  "GET /users/{username}/orgs",
];

// Apps: what they ask by their JSON web tokens, and what their installations ask about themselves.
const installation = "/app/installations/{installation_id}";
const INSTALLATION_OPERATIONS = ["GET /installation/repositories", "DELETE /installation/token"];
const appDelivery = "/app/hook/deliveries/{delivery_id}";
const APP_HOOK_OPERATIONS = [
  ...["GET /app/hook/config", "PATCH /app/hook/config", "GET /app/hook/deliveries"],
  ...[`GET ${appDelivery}`, `POST ${appDelivery}/attempts`],
];
const APP_OPERATIONS = [
  ...["GET /app", "GET /apps/{app_slug}", "GET /app/installations"],
  ...[`GET ${installation}`, `DELETE ${installation}`, `POST ${installation}/access_tokens`],
  ...[`PUT ${installation}/suspended`, `DELETE ${installation}/suspended`],
  ...[`GET ${repository}/installation`, "GET /orgs/{org}/installation"],
  ...["GET /users/{username}/installation", ...INSTALLATION_OPERATIONS],
  ...APP_HOOK_OPERATIONS,
];

// Single operations of other paths. A repository cannot be deleted here by the API.
export const OPERATIONS = [
  ...[`GET ${repository}`, `PATCH ${repository}`, ...READING_CODE, ...BELOW_COMMITS],
  ...[`GET ${repository}/commits/{ref}/check-suites`, `GET ${suite}`, `GET ${suite}/check-runs`],
  ...[`GET ${repository}/contents/{path}`, `GET ${repository}/branches/{branch}/protection`],
  ...NEVER_HERE,
  ...ARCHIVES,
  `GET ${repository}/invitations`,
  checksTeamMember,
  ...LIST_OPERATIONS,
  ...APP_OPERATIONS,
];

// The description documents few errors of each operation. These errors hold for all operations;
// `page` is the page of GitHub's REST documentation about them.
export const GENERAL = {
  301: { of: ["GET"], page: "best practices: follow redirects" },
  304: { of: ["GET"], page: "best practices: conditional requests" },
  307: { of: ["POST", "PATCH", "PUT", "DELETE"], page: "best practices: follow redirects" },
  400: { of: "all", page: "troubleshooting: problems parsing JSON; API versions" },
  401: { of: "all", page: "authenticating: failed login" },
  403: { of: "all", page: "troubleshooting: resource not accessible" },
  404: { of: "all", page: "troubleshooting: 404 for a private resource" },
  422: { of: ["POST", "PATCH", "PUT"], page: "troubleshooting: invalid request" },
  503: { of: "all", page: "status codes: service unavailable" },
};

// Operations of webhooks; all need an administrator of the repository.
const hooks = "/repos/{owner}/{repo}/hooks";
const hook = `${hooks}/{hook_id}`;
const HOOK_OPERATIONS = [
  ...[`GET ${hooks}`, `POST ${hooks}`, `GET ${hook}`, `PATCH ${hook}`, `DELETE ${hook}`],
  ...[`GET ${hook}/config`, `PATCH ${hook}/config`, `POST ${hook}/pings`, `POST ${hook}/tests`],
  `GET ${hook}/deliveries`,
  `GET ${hook}/deliveries/{delivery_id}`,
  `POST ${hook}/deliveries/{delivery_id}/attempts`,
];

// The same for deploy keys.
const keys = "/repos/{owner}/{repo}/keys";
const key = `${keys}/{key_id}`;
const KEY_OPERATIONS = [`GET ${keys}`, `POST ${keys}`, `GET ${key}`, `DELETE ${key}`];

// The same for environments and reviews, for readers and reviewers.
const environment = "/repos/{owner}/{repo}/environments/{environment_name}";
const policies = `${environment}/deployment-branch-policies`;
const policy = `${policies}/{branch_policy_id}`;
const customRules = `${environment}/deployment_protection_rules`;
const run = "/repos/{owner}/{repo}/actions/runs/{run_id}";
const ENVIRONMENT_OPERATIONS = [
  "GET /repos/{owner}/{repo}/environments",
  ...["GET", "PUT", "DELETE"].flatMap((method) => [`${method} ${environment}`, `${method} ${policy}`]),
  ...[`GET ${policies}`, `POST ${policies}`, `GET ${run}/approvals`],
  ...[`GET ${run}/pending_deployments`, `POST ${run}/pending_deployments`],
  ...[`GET ${customRules}`, `POST ${customRules}`, `GET ${customRules}/apps`],
  ...["GET", "DELETE"].map((method) => `${method} ${customRules}/{protection_rule_id}`),
  `POST ${run}/deployment_protection_rule`,
];

// The same for secrets and variables of environments. Who can push reads them.
const secrets = `${environment}/secrets`;
const variables = `${environment}/variables`;
const READS_OF_SECRETS = [secrets, `${secrets}/{secret_name}`, variables, `${variables}/{name}`].map(
  (path) => `GET ${path}`);
const SECRET_OPERATIONS = [
  ...READS_OF_SECRETS,
  `GET ${secrets}/public-key`,
  ...["PUT", "DELETE"].map((method) => `${method} ${secrets}/{secret_name}`),
  `POST ${variables}`,
  ...["PATCH", "DELETE"].map((method) => `${method} ${variables}/{name}`),
];

// The same for collaborators, for accounts with write access.
const collaborators = "/repos/{owner}/{repo}/collaborators";
const COLLABORATOR_OPERATIONS = [
  ...["GET", "PUT", "DELETE"].map((method) => `${method} ${collaborators}/{username}`),
  ...[`GET ${collaborators}`, `GET ${collaborators}/{username}/permission`],
  "GET /repos/{owner}/{repo}/invitations",
];

// Documented statuses that this server cannot give. `*` means every operation with that method,
// except those in `but`.
const touchesNoGit = "reads or writes rows alone; only git or a full disk makes it unavailable";
export const CANNOT = [
  {
    operations: ORGANIZATION_OPERATIONS,
    status: 503,
    reason: touchesNoGit,
  },
  { operations: ["GET /repos/{owner}/{repo}/teams"], status: 503, reason: touchesNoGit },
  { operations: [...NEVER_HERE, `GET ${suite}/check-runs`], status: 503, reason: touchesNoGit },
  {
    operations: [`GET ${suite}`],
    status: 503,
    reason: "a suite is looked up before its commit, and there is none in a repository without git",
  },
  {
    operations: [
      ...["stargazers", "issues", "issues/comments", "pulls", "issues/events"].map(
        (name) => `GET ${repository}/${name}`),
      ...READING_CODE,
    ],
    status: 422,
    reason: "there is nothing in such a request that could be invalid; what is no SHA is not found",
  },
  {
    operations: [`GET ${repository}/contents/{path}`],
    status: 302,
    reason: "it leads to where submodules and links point; here these are told as what they are",
  },
  {
    operations: [`GET ${repository}/contributors`],
    status: 204,
    reason: "no contributors are known of any repository, so an empty one is not looked at",
  },
  { operations: ARCHIVES, status: 304, reason: "a redirect has no body that could be unchanged" },
  { operations: LIST_OPERATIONS, status: 503, reason: touchesNoGit },
  { operations: APP_OPERATIONS, status: 503, reason: touchesNoGit },
  {
    operations: APP_OPERATIONS.filter((one) => one !== `GET ${repository}/installation`),
    status: 301,
    reason: "an app and an account cannot be renamed",
  },
  { operations: APP_OPERATIONS, status: 307, reason: "an installation cannot be renamed" },
  {
    operations: ["GET /app", "GET /app/installations", ...INSTALLATION_OPERATIONS],
    status: 404,
    reason: "whoever asks is there; without fitting credentials it is 401 or 403",
  },
  {
    operations: ["PATCH /app/hook/config"],
    status: 404,
    reason: "an app without a webhook gets one by it, or is told that the URL is missing (422)",
  },
  {
    operations: [`DELETE ${installation}`, `PUT ${installation}/suspended`,
      `DELETE ${installation}/suspended`, "PATCH /app/hook/config",
      `POST ${appDelivery}/attempts`],
    status: 403,
    reason: "an app may do everything with its installations and its webhook; all others are told "
      + "401",
  },
  {
    operations: [`PUT ${installation}/suspended`],
    status: 422,
    reason: "takes no body and no parameters beside the path, so that nothing can be invalid",
  },
  { operations: LIST_OPERATIONS, status: 301, reason: "an account cannot be renamed" },
  {
    operations: ["GET /user/repos", "GET /user/orgs"],
    status: 404,
    reason: "whoever asks is there; without a token it is 401",
  },
  {
    operations: ["GET /repos/{owner}/{repo}"],
    status: 503,
    reason: "of a repository that cannot be read, what was last known is told",
  },
  {
    operations: ORGANIZATION_OPERATIONS,
    status: 301,
    reason: "an organization cannot be renamed",
  },
  {
    operations: ORGANIZATION_OPERATIONS,
    status: 307,
    reason: "an organization cannot be renamed",
  },
  {
    operations: ["GET /orgs/{org}/members/{username}"],
    status: 302,
    reason: "it leads those who are no members to the public members, of whom there are none",
  },
  {
    operations: [
      "GET /orgs/{org}/members/{username}",
      checksTeamMember,
      `GET ${collaborators}/{username}`,
    ],
    status: 304,
    reason: "it has no body that could be unchanged",
  },
  {
    operations: [`DELETE ${team}`, `DELETE ${legacyTeam}`],
    status: 422,
    reason: "it is about the teams of an enterprise",
  },
  {
    operations: ["GET *"],
    but: [...HOOK_OPERATIONS, ...KEY_OPERATIONS, ...COLLABORATOR_OPERATIONS, "GET /user/orgs",
      "GET /installation/repositories", `GET ${customRules}/apps`, ...READS_OF_SECRETS],
    status: 403,
    reason: "who may not read a private repository is told 404, and a public one is read freely",
  },
  {
    operations: [
      "GET /repos/{owner}/{repo}/deployments",
      "GET /repos/{owner}/{repo}/deployments/{deployment_id}",
      "DELETE /repos/{owner}/{repo}/deployments/{deployment_id}",
      "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
      "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
      "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses/{status_id}",
      "GET /repos/{owner}/{repo}/check-runs/{check_run_id}",
      "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
      "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations",
      ...HOOK_OPERATIONS,
      ...KEY_OPERATIONS.filter((operation) => !operation.startsWith("POST")),
      ...ENVIRONMENT_OPERATIONS,
      ...SECRET_OPERATIONS,
      ...COLLABORATOR_OPERATIONS,
    ],
    status: 503,
    reason: touchesNoGit,
  },
  {
    operations: [`PUT ${collaborators}/{username}`],
    status: 201,
    reason: "it is an invitation; here who is named is a collaborator at once",
  },
  {
    operations: [`POST ${keys}`],
    status: 503,
    reason: "only a full disk or a missing ssh-keygen makes it unavailable",
  },
  {
    operations: [
      `GET ${hook}/deliveries/{delivery_id}`,
      `POST ${hook}/deliveries/{delivery_id}/attempts`,
      `GET ${appDelivery}`,
      `POST ${appDelivery}/attempts`,
      `POST ${hook}/pings`,
      `POST ${hook}/tests`,
    ],
    status: 422,
    reason: "takes no body and no parameters beside the path, so that nothing can be invalid",
  },
];

// Errors in the description itself: tolerated differences.
export const FLAWS = [
  {
    id: "status-of-validation-errors",
    what: "validation-error and validation-error-simple do not name `status`",
    reason: "GitHub sends it in every error since 2024, and basic-error names it",
  },
  {
    id: "conflict-without-schema",
    what: "409 of creating a deployment has no schema",
    reason: "the body is judged by the one that users of GitHub have published (see CONFLICT)",
  },
  {
    id: "waiting",
    what: "the states of a deployment status lack `waiting`",
    reason: "GitHub reports it for protected environments, and its webhook schema has it",
  },
  {
    id: "weak-errors",
    what: "basic-error requires nothing",
    reason: "here `message`, `documentation_url` and `status` are required of every error",
  },
  {
    id: "unknown-commit-of-pulls",
    what: "422 of the pull requests of an unknown commit is not described",
    reason: "clients handle it (microsoft/vscode#330224): `No commit found for SHA`, as of the commit",
  },
  {
    id: "variable-exists",
    what: "409 of creating and renaming a variable is not described",
    reason: "gh reads `Already exists - Variable already exists`, and then changes the variable",
  },
  {
    id: "old-anchor",
    what: "the documentation link of creating a check run is of an older form",
    reason: "the link of its neighbours' form is accepted too",
  },
  {
    id: "old-installations",
    what: "the list of installations is described as in an old Enterprise server, where an account "
      + "is a user and an enterprise at once",
    reason: "each is judged as a single installation is, and the link of github.com is expected",
  },
  {
    id: "legacy-anchor",
    what: "a team by its id has documentation of its own, which says that it is legacy",
    reason: "it is the same operation as by slug, and the link of that is accepted too",
  },
];

// A status that GitHub gives, but its description lacks.
export const UNDOCUMENTED = {
  [`GET ${repository}/commits/{commit_sha}/pulls`]: 422,
  [`POST ${variables}`]: 409,
  [`PATCH ${variables}/{name}`]: 409,
};

// The body of a 409 on creating a deployment; only a failure of required contexts has `errors`.
export const CONFLICT = {
  type: "object",
  required: ["message", "documentation_url", "status"],
  additionalProperties: false,
  properties: {
    message: { type: "string" },
    documentation_url: { type: "string" },
    status: { const: "409" },
    errors: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        type: "object",
        required: ["contexts", "resource", "field", "code"],
        additionalProperties: false,
        properties: {
          resource: { const: "Deployment" },
          field: { const: "required_contexts" },
          code: { const: "invalid" },
          contexts: {
            type: "array",
            minItems: 1,
            items: {
              type: "object",
              required: ["context", "state"],
              additionalProperties: false,
              properties: { context: { type: "string" }, state: { type: "string" } },
            },
          },
        },
      },
    },
  },
};

// Our members that GitHub does not have.
export const OURS = ["reason_code"];
// The same for webhooks.
export const OURS_OF_HOOKS = ["retry", "when_superseded", "creator", "former_secret_until"];
// The same for deploy keys.
export const OURS_OF_KEYS = ["expires_at"];

// The same for environments, for more than one required approval.
export const OURS_OF_RULES = ["required_approvals"];
// Not ours: GitHub answers it, and clients send it, but the description lacks it.
export const UNDESCRIBED_OF_ENVIRONMENTS = ["can_admins_bypass"];

// The scopes that GitHub named for an operation in recorded answers.
const reads = "repo, repo_deployment";
const readsHooks = "admin:repo_hook, public_repo, read:repo_hook, repo, write:repo_hook";
const deployments = "/repos/{owner}/{repo}/deployments";
export const ACCEPTED_SCOPES = {
  [`GET ${deployments}`]: reads,
  [`GET ${deployments}/{deployment_id}`]: reads,
  [`GET ${deployments}/{deployment_id}/statuses`]: reads,
  [`POST ${deployments}`]: "",
  [`DELETE ${deployments}/{deployment_id}`]: "",
  [`POST ${deployments}/{deployment_id}/statuses`]: "",
  "POST /repos/{owner}/{repo}/statuses/{sha}": "",
  [`GET ${hooks}`]: readsHooks,
  [`GET ${hook}`]: readsHooks,
  ...Object.fromEntries(KEY_OPERATIONS.map((operation) => [operation, ""])),
};

// Where GitHub sent Last-Modified in recorded answers, and where it did not.
export const LAST_MODIFIED = {
  [`GET ${deployments}/{deployment_id}`]: true,
  [`POST ${deployments}`]: true,
  [`GET ${deployments}`]: false,
  [`GET ${deployments}/{deployment_id}/statuses`]: false,
  [`POST ${deployments}/{deployment_id}/statuses`]: false,
};
