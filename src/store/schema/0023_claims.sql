-- Agents and claims: docs/decisions/0034.

-- A token of an agent: for some environments of one repository, by the rows of their names. Agents
-- act as account_id, a bot that they share.
create table agent_token (
  id {id},
  repository_id {integer} not null references repository (id),
  account_id {integer} not null references account (id),
  name text not null,
  digest text not null unique,
  created_at {integer} not null,
  expires_at {integer},
  last_used_at {integer},
  revoked_at {integer}
) {strict};
create index agent_token_by_repository on agent_token (repository_id, id);

create table agent_token_environment (
  agent_token_id {integer} not null references agent_token (id),
  environment_name_id {integer} not null references environment_name (id),
  primary key (agent_token_id, environment_name_id)
) {strict};

-- Who runs a deployment. The id is the fence. deployment_id is no foreign key: the row outlives the
-- deployment, so that its owner hears why it ended. state: claimed, started or ended. The end is by
-- the boot clock, due_since_boot, while the machine has the same boot_id; after a restart by the
-- wall clock, due_at.
create table deployment_claim (
  id {id},
  deployment_id {integer} not null,
  repository_id {integer} not null references repository (id),
  account_id {integer} not null references account (id),
  agent_token_id {integer} references agent_token (id),
  token_id {integer},
  seconds {integer} not null,
  state text not null,
  claimed_at {integer} not null,
  beat_at {integer} not null,
  boot_id text not null,
  since_boot {integer} not null,
  due_at {integer} not null,
  due_since_boot {integer} not null,
  started_at {integer},
  secrets_given_at {integer},
  ended_at {integer},
  end_reason text
) {strict};
create index deployment_claim_by_deployment on deployment_claim (deployment_id, id);
create unique index deployment_claim_live on deployment_claim (deployment_id)
  where ended_at is null;
create index deployment_claim_by_repository on deployment_claim (repository_id)
  where ended_at is null;
-- What the timers end, by each of the clocks.
create index deployment_claim_due_by_boot on deployment_claim (boot_id, due_since_boot)
  where state = 'started';
create index deployment_claim_due on deployment_claim (due_at) where state = 'started';
{step}

-- What supersedes a deployment: a newer one of its environment and task that is live or running.
create index deployment_superseding on deployment (environment_id, task, id)
  where state in ('success', 'in_progress');
{step}

-- Whether statuses of this environment's deployments need a claim.
alter table environment add column requires_claim {integer} not null default 0;

alter table audit add column agent_token_id {integer};
