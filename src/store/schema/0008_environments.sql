-- Environments and what guards them, and the teams that may review.

create table team (
  id {id},
  organization_id {integer} not null references account (id),
  name text not null,
  slug text not null,
  description text not null,
  privacy text not null,
  created_at {integer} not null,
  updated_at {integer} not null,
  unique (organization_id, slug)
) {strict};

create table team_member (
  team_id {integer} not null references team (id),
  account_id {integer} not null references account (id),
  role text not null,
  primary key (team_id, account_id)
) {strict};

create index team_member_by_account on team_member (account_id, team_id);

create table team_repository (
  team_id {integer} not null references team (id),
  repository_id {integer} not null references repository (id),
  role text not null,
  primary key (team_id, repository_id)
) {strict};

create index team_repository_by_repository on team_repository (repository_id, team_id);

-- Branches whose names match are protected: what a branch policy may ask for.
create table branch_protection (
  id {id},
  repository_id {integer} not null references repository (id),
  pattern text not null,
  created_at {integer} not null,
  unique (repository_id, pattern)
) {strict};

-- An environment is deleted with its rules; its name, and what was deployed there, stay.
create table environment (
  id {id},
  repository_id {integer} not null references repository (id),
  environment_name_id {integer} not null unique references environment_name (id),
  can_admins_bypass {integer} not null default 1,
  created_at {integer} not null,
  updated_at {integer} not null
) {strict};

create index environment_by_repository on environment (repository_id, id);

insert into environment (repository_id, environment_name_id, created_at, updated_at)
  select repository_id, id, created_at, created_at from environment_name order by id;

-- One for each gate. A rule is never changed: one that differs takes its place under a new id. An
-- approval names the rule that it was given for, and so is never carried over. Each kind has
-- columns of its own: wait_timer is in minutes.
create table protection_rule (
  id {id},
  environment_id {integer} not null references environment (id),
  kind text not null,
  branch_policy text,
  wait_timer {integer},
  required_approvals {integer},
  prevent_self_review {integer},
  created_at {integer} not null,
  unique (environment_id, kind)
) {strict};

-- Exactly one of account_id and team_id is set.
create table required_reviewer (
  protection_rule_id {integer} not null references protection_rule (id),
  position {integer} not null,
  account_id {integer} references account (id),
  team_id {integer} references team (id),
  primary key (protection_rule_id, position)
) {strict};

create table branch_policy (
  id {id},
  environment_id {integer} not null references environment (id),
  kind text not null,
  name text not null,
  created_at {integer} not null,
  unique (environment_id, kind, name)
) {strict};

-- What the ref was when it was resolved: branch policies judge it again when the deployment is
-- released. boot_id and boot_micros: the boot clock at the creation, which wait timers follow.
alter table deployment add column ref_kind text not null default 'commit';
alter table deployment add column ref_name text not null default '';
alter table deployment add column boot_id text not null default '';
alter table deployment add column boot_micros {integer} not null default 0;
create index deployment_held on deployment (environment_id, id) where phase = 'held';

-- The latest verdict of each gate that the deployment met. The rule is no foreign key: a verdict
-- outlives it. opens_at is set while a wait timer runs.
create table deployment_gate (
  deployment_id {integer} not null references deployment (id),
  kind text not null,
  protection_rule_id {integer} not null,
  state text not null,
  reason_code text not null,
  message text not null,
  opens_at {integer},
  judged_at {integer} not null,
  primary key (deployment_id, kind)
) {strict};

create index deployment_gate_waiting on deployment_gate (deployment_id)
  where opens_at is not null and state = 'shut';

-- reviewer_human_id answers for the reviewer: an approval counts once for each human.
create table deployment_review (
  id {id},
  deployment_id {integer} not null references deployment (id),
  environment_id {integer} not null,
  environment_name_id {integer} not null references environment_name (id),
  protection_rule_id {integer},
  sha text not null,
  state text not null,
  reviewer_id {integer} not null references account (id),
  reviewer_token_id {integer},
  reviewer_human_id {integer} not null references account (id),
  comment text not null,
  created_at {integer} not null
) {strict};

create index deployment_review_by_deployment on deployment_review (deployment_id, id);
create unique index deployment_review_approval
  on deployment_review (deployment_id, protection_rule_id, reviewer_human_id)
  where state = 'approved';
