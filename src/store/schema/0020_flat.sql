-- Lists of deployments that cost the same however long the history is.

-- A page of each list is a range of an index.
create index deployment_by_sha on deployment (repository_id, sha, id);
{step}
create index deployment_by_ref on deployment (repository_id, ref, id);
{step}
create index deployment_by_task on deployment (repository_id, task, id);
{step}
create index deployment_by_creator on deployment (repository_id, creator_id, id);
{step}
create index deployment_by_state on deployment (repository_id, state, id);
{step}
-- What auto_inactive changes. The rule is in the index, so that a success in production does not
-- read the successes that stay.
create index deployment_made_inactive
  on deployment (environment_id, transient_environment, production_environment, id)
  where state = 'success';
{step}

-- The ids are divided into blocks of 2^shift ids; shift is 8 or 16. A block of 2^8 ids gets its row
-- here when it is full, and is counted then; store/deployment_blocks.cc does it. All deployments of
-- the block were created in this range of times.
create table deployment_block (
  shift {integer} not null,
  block {integer} not null,
  first_created_at {integer} not null,
  last_created_at {integer} not null,
  primary key (shift, block)
) {strict};

-- How many deployments of a block are in a list, for its total and its deep pages. filter is what
-- the list is filtered by (all, environment, creator, ref, task, state), value what is asked for:
-- an id for environment and creator. A count may be 0.
create table deployment_block_count (
  repository_id {integer} not null references repository (id),
  filter text not null,
  value text not null,
  shift {integer} not null,
  block {integer} not null,
  deployment_count {integer} not null,
  primary key (repository_id, filter, value, shift, block)
) {strict};

-- The lists and blocks that each deployment belongs to.
create view deployment_place as
  select d.id, d.created_at, d.repository_id, f.filter, case f.filter when 'all' then ''
      when 'environment' then cast(d.environment_id as text)
      when 'creator' then cast(d.creator_id as text) when 'ref' then d.ref
      when 'task' then d.task else d.state end as value, s.shift, d.id >> s.shift as block
    from deployment d cross join (select 'all' as filter union all select 'environment'
      union all select 'creator' union all select 'ref' union all select 'task'
      union all select 'state') as f
    cross join (select 8 as shift union all select 16) as s;

-- A deployment that is counted leaves the counts when it is deleted, and moves when a status gives
-- it another state or environment.
{sqlite} create trigger deployment_deleted before delete on deployment
{sqlite}   when exists (select 1 from deployment_block where shift = 8 and block = old.id >> 8)
{sqlite}   begin update deployment_block_count set deployment_count = deployment_count - 1
{sqlite}     where (repository_id, filter, value, shift, block) in
{sqlite}       (select repository_id, filter, value, shift, block from deployment_place
{sqlite}        where id = old.id); end;
{sqlite} create trigger deployment_leaves before update of state, environment_id on deployment
{sqlite}   when exists (select 1 from deployment_block where shift = 8 and block = old.id >> 8)
{sqlite}   begin update deployment_block_count set deployment_count = deployment_count - 1
{sqlite}     where (repository_id, filter, value, shift, block) in
{sqlite}       (select repository_id, filter, value, shift, block from deployment_place
{sqlite}        where id = old.id and filter in ('state', 'environment')); end;
{sqlite} create trigger deployment_enters after update of state, environment_id on deployment
{sqlite}   when exists (select 1 from deployment_block where shift = 8 and block = new.id >> 8)
{sqlite}   begin insert into deployment_block_count
{sqlite}       (repository_id, filter, value, shift, block, deployment_count)
{sqlite}     select repository_id, filter, value, shift, block, 1 from deployment_place
{sqlite}     where id = new.id and filter in ('state', 'environment') and value is not null
{sqlite}     on conflict (repository_id, filter, value, shift, block) do update
{sqlite}       set deployment_count = deployment_count + 1; end;

{postgresql} create function deployment_leaves() returns trigger language plpgsql as $$ begin
{postgresql}   if exists (select 1 from deployment_block where shift = 8 and block = old.id >> 8)
{postgresql}   then
{postgresql}     update deployment_block_count c set deployment_count = deployment_count - 1
{postgresql}       where (repository_id, filter, value, shift, block) in
{postgresql}         (select repository_id, filter, value, shift, block from deployment_place
{postgresql}          where id = old.id
{postgresql}            and (tg_op = 'DELETE' or filter in ('state', 'environment')))
{postgresql}     ; end if; return coalesce(new, old); end $$;
{postgresql} create trigger deployment_deleted before delete on deployment
{postgresql}   for each row execute function deployment_leaves();
{postgresql} create trigger deployment_leaves before update of state, environment_id on deployment
{postgresql}   for each row execute function deployment_leaves();
{postgresql} create function deployment_enters() returns trigger language plpgsql as $$ begin
{postgresql}   if exists (select 1 from deployment_block where shift = 8 and block = new.id >> 8)
{postgresql}   then
{postgresql}     insert into deployment_block_count as c
{postgresql}         (repository_id, filter, value, shift, block, deployment_count)
{postgresql}       select repository_id, filter, value, shift, block, 1 from deployment_place
{postgresql}       where id = new.id and filter in ('state', 'environment') and value is not null
{postgresql}       on conflict (repository_id, filter, value, shift, block) do update
{postgresql}         set deployment_count = c.deployment_count + 1
{postgresql}     ; end if; return null; end $$;
{postgresql} create trigger deployment_enters after update of state, environment_id on deployment
{postgresql}   for each row execute function deployment_enters();
{step}

-- What had no index yet.
create index deployment_all_held on deployment (id) where phase = 'held';
create index delivery_by_state on delivery (hook_id, state, id);
create index delivery_attempt_succeeded on delivery_attempt (hook_id, id)
  where status_code between 1 and 399;
create index repository_former_name_by_repository on repository_former_name (repository_id);
create index hook_by_creator on hook (creator_id, id) where deleted_at is null;
create index required_reviewer_by_team on required_reviewer (team_id);
create index organization_member_by_account on organization_member (account_id, organization_id);
