-- Secrets and variables of environments, and the rotation of the key that seals secrets.

-- sealed: bound to the repository, the environment and the name, so that it opens in no other row.
create table environment_secret (
  id {id},
  environment_id {integer} not null references environment (id),
  name text not null,
  sealed text not null,
  created_at {integer} not null,
  updated_at {integer} not null,
  unique (environment_id, name)
) {strict};

create table environment_variable (
  id {id},
  environment_id {integer} not null references environment (id),
  name text not null,
  value text not null,
  created_at {integer} not null,
  updated_at {integer} not null,
  unique (environment_id, name)
) {strict};

-- The key pair for which clients seal the secrets that they send; made when it is first asked for.
-- A retired one still opens what was sealed for it, for a while.
create table environment_key (
  id {id},
  environment_id {integer} not null references environment (id),
  public_key text not null,
  secret_sealed text not null,
  created_at {integer} not null,
  retired_at {integer}
) {strict};
create index environment_key_by_environment on environment_key (environment_id, id);
create unique index environment_key_in_use on environment_key (environment_id)
  where retired_at is null;

-- The key to which a rotation leads that has not ended: one row at most. key_digest is as in
-- data_identity, where the key is when the rotation has ended.
create table key_rotation (
  key_id text primary key,
  key_digest text not null,
  began_at {integer} not null
) {strict};
