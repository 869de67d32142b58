-- How `event_body.body` is written: 0 is plain text, as all bodies were before; 1 is compressed,
-- see docs/decisions/0033-event-bodies.md.
alter table event_body add column codec {integer} not null default 0;
{step}
-- What is due at a hook among the deliveries that have no order: neither what is held nor what is
-- due later is read.
create index delivery_unordered on delivery (hook_id, next_attempt_at, id)
  where state = 'pending' and order_environment_id = 0;
