-- One table for every change of a ref: a merge and a push are written down in the same way.

-- Git and the database are two systems. Before a ref is changed, a row says so; outcome is open
-- until it is known (moved, abandoned). What a crash leaves open is settled from the ref itself.
-- Either an account acts or a deploy key. session is one push, and null for a merge; a sha of zeros
-- stands for a ref that does not exist.
create table ref_intent (
  id {id},
  repository_id {integer} not null references repository (id),
  ref text not null,
  from_sha text not null,
  to_sha text not null,
  actor_id {integer} references account (id),
  actor_token_id {integer},
  deploy_key_id {integer} references deploy_key (id),
  session text,
  request_id text not null,
  outcome text not null default 'open',
  created_at {integer} not null,
  settled_at {integer}
) {strict};

-- Ids are given anew, from 1: first to the merges, then to the pushes, each kind in its order.
-- Audit rows name these ids as their target, so they get the new ids too.
insert into ref_intent (repository_id, ref, from_sha, to_sha, actor_id, actor_token_id, request_id,
    outcome, created_at, settled_at)
  select repository_id, branch, from_sha, to_sha, actor_id, actor_token_id, request_id, outcome,
    created_at, settled_at
  from git_intent order by id;
update audit set target_id = merge.new_id
  from (select id, row_number() over (order by id) as new_id from git_intent) as merge
  where audit.action = 'branch.merge' and audit.target_id = merge.id;

insert into ref_intent (repository_id, ref, from_sha, to_sha, deploy_key_id, session, request_id,
    outcome, created_at, settled_at)
  select repository_id, ref, from_sha, to_sha, deploy_key_id, session, request_id, outcome,
    created_at, settled_at
  from pushed_ref order by id;
update audit set target_id = push.new_id
  from (select id, (select count(*) from git_intent) + row_number() over (order by id) as new_id
    from pushed_ref) as push
  where audit.action = 'ref.push' and audit.target_id = push.id;

drop table pushed_ref;
drop table git_intent;

create index ref_intent_open on ref_intent (id) where outcome = 'open';
create index ref_intent_moved on ref_intent (repository_id, ref, to_sha) where outcome = 'moved';
