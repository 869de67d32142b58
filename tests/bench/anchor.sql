-- What SQLite and PostgreSQL alone are measured with: four tables and the rows of one deployment as
-- they were in November 2026, with a plain event body of 7,400 bytes. They do not change with the
-- schema of the server, so that figures of different years can be compared. {id} is spelled per
-- engine.

create table deployment (
  id {id},
  repository_id bigint not null,
  environment_id bigint not null,
  original_environment_id bigint not null,
  kind text not null,
  origin_deployment_id bigint,
  ref text not null,
  sha text not null,
  task text not null,
  payload text not null,
  description text,
  creator_id bigint not null,
  creator_token_id bigint,
  creator_human_id bigint,
  transient_environment bigint not null,
  production_environment bigint not null,
  phase text not null,
  state text,
  released_at bigint,
  event_count bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  ref_kind text not null,
  ref_name text not null,
  boot_id text not null,
  boot_micros bigint not null
);
create index deployment_by_repository on deployment (repository_id, id);
create index deployment_by_environment on deployment (environment_id, id);
create index deployment_live on deployment (environment_id, id) where state = 'success';
create index deployment_held on deployment (environment_id, id) where phase = 'held';

create table event (
  id {id},
  guid text not null unique,
  environment_id bigint,
  deployment_id bigint,
  kind text not null,
  action text not null,
  actor_id bigint,
  actor_token_id bigint,
  event_no bigint not null,
  announced bigint not null,
  created_at bigint not null,
  repository_id bigint,
  only_hook_id bigint
);
create index event_by_deployment on event (deployment_id, event_no);
create index event_by_repository on event (repository_id, id) where only_hook_id is null;
create index event_push on event (repository_id, id) where kind = 'push';

create table event_body (event_id bigint primary key, body text not null);

create table audit (
  id {id},
  at bigint not null,
  action text not null,
  actor_id bigint,
  actor_token_id bigint,
  repository_id bigint,
  target_id bigint,
  request_id text not null,
  detail text not null,
  deploy_key_id bigint
);

insert into deployment (repository_id, environment_id, original_environment_id, kind, ref, sha,
    task, payload, description, creator_id, creator_token_id, creator_human_id,
    transient_environment, production_environment, phase, released_at, event_count, created_at,
    updated_at, ref_kind, ref_name, boot_id, boot_micros)
  values (1, 1, 1, 'deploy', 'main', '85d7f45848207a476503f2425d9d990429a89899', 'deploy',
    '{"build": 4711, "servers": ["one", "two"]}', 'Release of the week', 3, 2, 3, 0, 1, 'released',
    1796008728922997, 1, 1796008728922997, 1796008728922997, 'branch', 'refs/heads/main',
    '1daa528c-1106-45af-a246-bb0b587c5e80', 52195772092);

insert into event (guid, environment_id, deployment_id, kind, action, actor_id, actor_token_id,
    event_no, announced, created_at, repository_id)
  values ('dcb16136-96a5-4933-8822-a922080403d5', 1, 1, 'deployment', 'created', 3, 2, 1, 1,
    1796008728922997, 1);

insert into event_body (event_id, body) values (1, '{body}');

insert into audit (at, action, actor_id, actor_token_id, repository_id, target_id, request_id,
    detail)
  values (1796008728922997, 'deployment.create', 3, 2, 1, 1,
    '63DE-4BE7-E655A5B5-85ED0AF0-6B0CEB18', '{}');
