-- The latest attempt from before the delivery was replayed: none up to it says anything of what the
-- receiver answers now.
alter table delivery add column replayed_after {integer} not null default 0;
update delivery set replayed_after =
  coalesce((select max(a.id) from delivery_attempt a where a.delivery_id = delivery.id), 0)
  where state in ('pending', 'held') and attempt_count = 0;
