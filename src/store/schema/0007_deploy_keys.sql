-- SSH keys that open one repository each. public_key is type and base64, as OpenSSH writes them,
-- fingerprint what ssh-keygen says of it: unique over the whole server, among those that are not
-- deleted, so that a key always tells which repository it is for.
create table deploy_key (
  id {id},
  repository_id {integer} not null references repository (id),
  title text not null,
  public_key text not null,
  fingerprint text not null,
  read_only {integer} not null,
  added_by_id {integer} not null references account (id),
  added_by_token_id {integer},
  created_at {integer} not null,
  expires_at {integer},
  last_used_at {integer},
  deleted_at {integer}
) {strict};

create unique index deploy_key_fingerprint on deploy_key (fingerprint) where deleted_at is null;
create index deploy_key_by_repository on deploy_key (repository_id, id) where deleted_at is null;
