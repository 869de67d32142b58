-- What waits for a time is found by that time: the timers look for what is due, however much waits.
drop index deployment_gate_waiting;
create index deployment_gate_due on deployment_gate (opens_at)
  where opens_at is not null and state = 'shut';
