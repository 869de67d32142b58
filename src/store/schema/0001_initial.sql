-- The words in braces are spelled per engine by sql/migrate.cc. Times are microseconds since 1970,
-- booleans 0 and 1. A column that ends in _key is folded by core/names.h.

create table account (
  id {id},
  login text not null,
  login_key text not null unique,
  kind text not null,
  site_admin {integer} not null default 0,
  human_id {integer} references account (id),
  blocked_at {integer},
  created_at {integer} not null,
  updated_at {integer} not null
) {strict};

create table organization_member (
  organization_id {integer} not null references account (id),
  account_id {integer} not null references account (id),
  role text not null,
  primary key (organization_id, account_id)
) {strict};

create table token (
  id {id},
  account_id {integer} not null references account (id),
  name text not null,
  digest text not null unique,
  scopes text not null,
  created_at {integer} not null,
  expires_at {integer},
  last_used_at {integer},
  revoked_at {integer}
) {strict};

create index token_by_account on token (account_id, id);

create table repository (
  id {id},
  owner_id {integer} not null references account (id),
  name text not null,
  name_key text not null,
  path text not null,
  default_branch text not null,
  visibility text not null,
  writable {integer} not null,
  auto_merge text not null,
  created_at {integer} not null,
  updated_at {integer} not null,
  unique (owner_id, name_key)
) {strict};

create table repository_role (
  repository_id {integer} not null references repository (id),
  account_id {integer} not null references account (id),
  role text not null,
  primary key (repository_id, account_id)
) {strict};

-- A name outlives the environment that bears it, and keeps its first spelling.
create table environment_name (
  id {id},
  repository_id {integer} not null references repository (id),
  name text not null,
  name_key text not null,
  created_at {integer} not null,
  unique (repository_id, name_key)
) {strict};

-- phase is ours (held, released, ended), state is GitHub's (of the latest status).
-- creator_id is the account, creator_token_id the means, creator_human_id who answers for it.
create table deployment (
  id {id},
  repository_id {integer} not null references repository (id),
  environment_id {integer} not null references environment_name (id),
  original_environment_id {integer} not null references environment_name (id),
  kind text not null,
  origin_deployment_id {integer},
  ref text not null,
  sha text not null,
  task text not null,
  payload text not null,
  description text,
  creator_id {integer} not null references account (id),
  creator_token_id {integer},
  creator_human_id {integer},
  transient_environment {integer} not null,
  production_environment {integer} not null,
  phase text not null,
  state text,
  released_at {integer},
  event_count {integer} not null default 0,
  created_at {integer} not null,
  updated_at {integer} not null
) {strict};

create index deployment_by_repository on deployment (repository_id, id);
create index deployment_by_environment on deployment (environment_id, id);
-- What auto_inactive looks for: a handful of rows, however long the history is.
create index deployment_live on deployment (environment_id, id) where state = 'success';

create table deployment_status (
  id {id},
  deployment_id {integer} not null references deployment (id),
  state text not null,
  description text not null,
  environment_id {integer} not null references environment_name (id),
  target_url text not null,
  environment_url text not null,
  creator_id {integer} not null references account (id),
  creator_token_id {integer},
  created_at {integer} not null,
  updated_at {integer} not null
) {strict};

create index deployment_status_by_deployment on deployment_status (deployment_id, id);

-- deployment_id is no foreign key: an event outlives a deleted deployment.
create table event (
  id {id},
  guid text not null unique,
  repository_id {integer} not null references repository (id),
  environment_id {integer},
  deployment_id {integer},
  kind text not null,
  action text not null,
  actor_id {integer},
  actor_token_id {integer},
  event_no {integer} not null,
  announced {integer} not null,
  created_at {integer} not null
) {strict};

create index event_by_deployment on event (deployment_id, event_no);

-- The frozen JSON, once per event; apart, so that it can be pruned by age.
create table event_body (
  event_id {integer} primary key references event (id),
  body text not null
) {strict};

-- secret_sealed is base64url of crypto seal(), bound to the hook's id. Hooks are deleted softly.
create table hook (
  id {id},
  repository_id {integer} not null references repository (id),
  url text not null,
  content_type text not null,
  secret_sealed text,
  insecure_ssl {integer} not null,
  events text not null,
  active {integer} not null,
  creator_id {integer} not null references account (id),
  last_code {integer},
  last_status text not null default 'unused',
  last_message text,
  created_at {integer} not null,
  updated_at {integer} not null,
  deleted_at {integer}
) {strict};

create index hook_by_repository on hook (repository_id, id) where deleted_at is null;

-- One per event and hook. state: pending, delivered, dead (the schedule is spent), cancelled.
-- Order is kept per hook within order_environment_id (0: none is promised).
create table delivery (
  id {id},
  event_id {integer} not null references event (id),
  hook_id {integer} not null references hook (id),
  order_environment_id {integer} not null,
  state text not null,
  attempt_count {integer} not null default 0,
  next_attempt_at {integer} not null,
  created_at {integer} not null,
  unique (event_id, hook_id)
) {strict};

create index delivery_due on delivery (next_attempt_at, id) where state = 'pending';
create index delivery_order on delivery (hook_id, order_environment_id, id) where state = 'pending';

create table delivery_attempt (
  id {id},
  delivery_id {integer} not null references delivery (id),
  attempted_at {integer} not null,
  duration {integer} not null,
  status_code {integer} not null,
  status text not null,
  request_headers text not null,
  response_headers text not null,
  response_body text not null
) {strict};

create index delivery_attempt_by_delivery on delivery_attempt (delivery_id, id);

-- One row per mutating transaction. Nothing here refers to other tables by key, so that no
-- deletion elsewhere can touch it.
create table audit (
  id {id},
  at {integer} not null,
  action text not null,
  actor_id {integer},
  actor_token_id {integer},
  repository_id {integer},
  target_id {integer},
  request_id text not null,
  detail text not null
) {strict};
