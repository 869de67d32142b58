-- Apps: programs that sign for themselves with a key pair, and act as their bot where they are
-- installed. permissions is text as in `deployments=write,metadata=read`.
create table app (
  id {id},
  slug text not null,
  slug_key text not null unique,
  name text not null,
  description text not null default '',
  external_url text not null default '',
  owner_id {integer} not null references account (id),
  bot_id {integer} not null unique references account (id),
  permissions text not null,
  events text not null,
  created_at {integer} not null,
  updated_at {integer} not null,
  removed_at {integer}
) {strict};

-- The public halves of an app's key pairs, as PEM. The server never stores a private one.
create table app_key (
  id {id},
  app_id {integer} not null references app (id),
  public_key text not null,
  fingerprint text not null,
  created_at {integer} not null,
  removed_at {integer}
) {strict};
create index app_key_by_app on app_key (app_id, id);

-- An app at one account. selection: all repositories of the account, or those that are listed.
create table installation (
  id {id},
  app_id {integer} not null references app (id),
  account_id {integer} not null references account (id),
  selection text not null,
  permissions text not null,
  events text not null,
  created_at {integer} not null,
  updated_at {integer} not null,
  suspended_at {integer},
  suspended_by_id {integer} references account (id),
  removed_at {integer}
) {strict};
create unique index installation_of_app on installation (app_id, account_id)
  where removed_at is null;
create index installation_by_account on installation (account_id, id) where removed_at is null;

create table installation_repository (
  installation_id {integer} not null references installation (id),
  repository_id {integer} not null references repository (id),
  primary key (installation_id, repository_id)
) {strict};

-- selection: all repositories of the installation, or those that are listed for the token.
create table installation_token (
  id {id},
  installation_id {integer} not null references installation (id),
  digest text not null unique,
  selection text not null,
  permissions text not null,
  created_at {integer} not null,
  expires_at {integer} not null,
  revoked_at {integer}
) {strict};

create index installation_token_by_installation on installation_token (installation_id, expires_at);

create table installation_token_repository (
  installation_token_id {integer} not null references installation_token (id),
  repository_id {integer} not null references repository (id),
  primary key (installation_token_id, repository_id)
) {strict};

-- By which app something was made: performed_via_github_app.
alter table deployment add column app_id {integer} references app (id);
alter table deployment_status add column app_id {integer} references app (id);

-- An app's hook belongs to the app: it has neither a repository nor an organization.
alter table hook add column app_id {integer} references app (id);
create unique index hook_of_app on hook (app_id) where app_id is not null and deleted_at is null;

-- By which installation the hook of an app hears of an event. Its body then names it.
alter table delivery add column installation_id {integer} references installation (id);

-- What an app said about a deployment at a gate of its own: approved, rejected, or a report that
-- decides nothing. The rule is no foreign key: an answer outlives it.
create table custom_rule_answer (
  id {id},
  deployment_id {integer} not null references deployment (id) on delete cascade,
  protection_rule_id {integer} not null,
  state text not null,
  comment text not null,
  created_at {integer} not null
) {strict};
create index custom_rule_answer_of_deployment
  on custom_rule_answer (deployment_id, protection_rule_id, id);
