-- Pruning by age: docs/decisions/0037-retention.md.

-- The time by which rows were pruned last, and the boot clock then: one row, so that a clock that
-- was set forward is noticed also by the next start.
create table retention_clock (
  only_row {integer} primary key,
  told_at {integer} not null,
  boot_id text not null,
  since_boot {integer} not null
) {strict};

-- Commits of deployments that are gone. A row goes when git keeps the commit no longer on our
-- behalf, or when another deployment is of it.
create table unkept_commit (
  repository_id {integer} not null references repository (id),
  sha text not null,
  primary key (repository_id, sha)
) {strict};
{step}

-- The dead letters, by age.
create index delivery_dead on delivery (state, id) where state = 'dead';
{step}

-- The latest successes of an environment.
create index deployment_status_success on deployment_status (environment_id, deployment_id)
  where state = 'success';
