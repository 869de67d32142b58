-- Pushes through the SSH door.

-- Git and the database are two systems. Before a push changes a ref, a row says so; outcome is open
-- until it is known (moved, abandoned). What a crash leaves open is settled from the ref itself.
-- session is one push; a sha of zeros stands for a ref that is not there.
create table pushed_ref (
  id {id},
  session text not null,
  deploy_key_id {integer} not null references deploy_key (id),
  repository_id {integer} not null references repository (id),
  ref text not null,
  from_sha text not null,
  to_sha text not null,
  request_id text not null,
  outcome text not null default 'open',
  created_at {integer} not null,
  settled_at {integer}
) {strict};

create index pushed_ref_open on pushed_ref (session, id) where outcome = 'open';
create index pushed_ref_by_ref on pushed_ref (repository_id, ref, id);

-- The deploy key that acted; such a row has no actor_id.
alter table audit add column deploy_key_id {integer};
