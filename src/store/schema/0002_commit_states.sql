-- What is reported about commits, keys that make a create repeatable, and what we do in git.

create table commit_status (
  id {id},
  repository_id {integer} not null references repository (id),
  sha text not null,
  context text not null,
  context_key text not null,
  state text not null,
  description text,
  target_url text,
  creator_id {integer} not null references account (id),
  creator_token_id {integer},
  created_at {integer} not null
) {strict};

create index commit_status_by_commit on commit_status (repository_id, sha, id);
create index commit_status_by_context on commit_status (repository_id, sha, context_key, id);

-- annotations is a JSON array, each as it was sent.
create table check_run (
  id {id},
  repository_id {integer} not null references repository (id),
  sha text not null,
  name text not null,
  name_key text not null,
  status text not null,
  conclusion text,
  details_url text,
  external_id text not null,
  output_title text,
  output_summary text,
  output_text text,
  annotations text not null default '[]',
  annotation_count {integer} not null default 0,
  started_at {integer},
  completed_at {integer},
  creator_id {integer} not null references account (id),
  creator_token_id {integer},
  created_at {integer} not null,
  updated_at {integer} not null
) {strict};

create index check_run_by_commit on check_run (repository_id, sha, id);

-- A key is remembered for a day, for the account that sent it, with the digest of the body.
-- deployment_id is no foreign key: the deployment may be deleted before its key is forgotten.
create table idempotency_key (
  account_id {integer} not null references account (id),
  repository_id {integer} not null references repository (id),
  idempotency_key text not null,
  body_digest text not null,
  deployment_id {integer} not null,
  created_at {integer} not null,
  primary key (account_id, repository_id, idempotency_key)
) {strict};

create index idempotency_key_by_age on idempotency_key (created_at);

-- Git and the database are two systems. Before a branch is moved, a row says so; outcome is open
-- until it is known (moved, abandoned). What a crash leaves open is settled from the branch itself.
create table git_intent (
  id {id},
  repository_id {integer} not null references repository (id),
  branch text not null,
  from_sha text not null,
  to_sha text not null,
  actor_id {integer} not null references account (id),
  actor_token_id {integer},
  request_id text not null,
  outcome text not null default 'open',
  created_at {integer} not null,
  settled_at {integer}
) {strict};

create index git_intent_open on git_intent (id) where outcome = 'open';
