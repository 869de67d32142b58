-- Deliveries as GitHub's API lists them: by hook, one for each attempt. hook_id repeats what the
-- delivery says, for the index; url is the one that the hook had at the time.
alter table delivery_attempt add column hook_id {integer} references hook (id);
alter table delivery_attempt add column redelivery {integer} not null default 0;
alter table delivery_attempt add column url text not null default '';

update delivery_attempt set hook_id =
  (select d.hook_id from delivery d where d.id = delivery_attempt.delivery_id);

create index delivery_attempt_by_hook on delivery_attempt (hook_id, id);
-- A few among very many successes, usually.
create index delivery_attempt_failed on delivery_attempt (hook_id, id) where status_code >= 400;

-- Attempts that somebody asked for and that are not made yet: one each, outside of the schedule,
-- whatever the state of the delivery. A row goes away when its attempt is recorded.
create table redelivery (
  id {id},
  delivery_id {integer} not null references delivery (id),
  created_at {integer} not null
) {strict};

create index redelivery_by_delivery on redelivery (delivery_id, id);

-- The latest push of a repository, for a hook's test.
create index event_push on event (repository_id, id) where kind = 'push';
