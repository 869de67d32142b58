-- Smaller rows: docs/decisions/0040-smaller-rows.md.

-- The end that the bodies of many events have in common, once. digest is the SHA-256 of its text,
-- body is written as codec 1 of `event_body`. A body with codec 2 continues with its end.
create table event_body_end (
  id {id},
  digest text not null unique,
  body text not null,
  created_at {integer} not null
) {strict};
alter table event_body add column end_id {integer} references event_body_end (id);
{step}
-- An end goes when no body has it any more.
create index event_body_by_end on event_body (end_id) where end_id is not null;
{step}

-- How the texts of an attempt are written, as the sum of: 1, request_headers only says what the
-- headers are rebuilt from; 2, response_headers has the response's headers and body compressed.
alter table delivery_attempt add column codec {integer} not null default 0;
{step}

-- Nearly all deliveries are delivered: their index needs no state.
drop index delivery_by_state;
{step}
create index delivery_delivered on delivery (hook_id, id) where state = 'delivered';
{step}
create index delivery_by_state on delivery (hook_id, state, id) where state <> 'delivered';
{step}

-- Rows of earlier versions that are not written again in the smaller form yet: those of that table
-- with ids after next_after, up to last. A row goes when they are done.
create table recoding (
  table_name text primary key,
  next_after {integer} not null,
  last {integer} not null
) {strict};
insert into recoding (table_name, next_after, last)
  select 'event_body', 0, newest from (select max(event_id) as newest from event_body) as b
  where newest is not null;
insert into recoding (table_name, next_after, last)
  select 'delivery_attempt', 0, newest from (select max(id) as newest from delivery_attempt) as a
  where newest is not null;
