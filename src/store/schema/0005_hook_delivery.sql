-- Hooks of organizations, and how each hook wants to be served. A NOT NULL can only be dropped with
-- its column on SQLite, so the two repository_id are made anew.

-- A hook belongs to a repository or to an organization. While former_secret_until lies ahead, both
-- secrets sign. failing_since is the first failure after the latest success, failure_count how many
-- there were. probe_at is set while the hook's breaker is open: when it is tried next.
drop index hook_by_repository;
alter table hook rename column repository_id to former_repository_id;
alter table hook add column repository_id {integer} references repository (id);
update hook set repository_id = former_repository_id;
alter table hook drop column former_repository_id;
alter table hook add column organization_id {integer} references account (id);
alter table hook add column retry text not null default 'schedule';
alter table hook add column when_superseded text not null default 'deliver';
alter table hook add column former_secret_sealed text;
alter table hook add column former_secret_until {integer};
alter table hook add column failure_count {integer} not null default 0;
alter table hook add column failing_since {integer};
alter table hook add column probe_at {integer};
create index hook_by_repository on hook (repository_id, id) where deleted_at is null;
create index hook_by_organization on hook (organization_id, id) where deleted_at is null;
create index hook_probe on hook (probe_at) where probe_at is not null;

-- The ping of an organization's hook concerns no repository. only_hook_id: it is for that hook
-- alone (a ping, a test, its own deletion), and no news to anybody else.
drop index event_push;
alter table event rename column repository_id to former_repository_id;
alter table event add column repository_id {integer} references repository (id);
update event set repository_id = former_repository_id;
alter table event drop column former_repository_id;
alter table event add column only_hook_id {integer} references hook (id);
update event set only_hook_id =
  (select d.hook_id from delivery d where d.event_id = event.id) where kind = 'ping';
create index event_by_repository on event (repository_id, id) where only_hook_id is null;
create index event_push on event (repository_id, id) where kind = 'push';

-- delivery.state has two more values. held: waits for its hook, which is inactive, or whose breaker
-- is open, or whose creator is blocked. skipped: superseded, and the hook did not want it.
create index delivery_by_hook on delivery (hook_id, id);
drop index delivery_order;
create index delivery_order on delivery (hook_id, order_environment_id, id)
  where state in ('pending', 'held');
