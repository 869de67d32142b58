-- A kind of gate keeps its settings as JSON text, and an environment may have several rules of one
-- kind. SQLite cannot drop a unique constraint, so the tables are made again.

-- A rule is never changed: one that differs takes its place under a new id. An approval names the
-- rule that it was given for, and so is never carried over. Reviewers are rows of their own.
create table new_rule (
  id {id},
  environment_id {integer} not null references environment (id),
  kind text not null,
  settings text not null default '{}',
  created_at {integer} not null
) {strict};

-- A rule without its setting gets none: it stays unreadable, and its gate stays shut.
insert into new_rule (id, environment_id, kind, settings, created_at)
  select id, environment_id, kind, coalesce(case kind
      when 'branch_policy' then '{"mode":"' || branch_policy || '"}'
      when 'wait_timer' then '{"minutes":' || wait_timer || '}'
      when 'required_reviewers' then '{"required_approvals":' || required_approvals ||
        ',"prevent_self_review":' ||
        case prevent_self_review when 0 then 'false' else 'true' end || '}'
    end, '{}'), created_at
  from protection_rule order by id;

-- An id is never used again, also if its rule was deleted: approvals still name it.
{sqlite} delete from sqlite_sequence where name = 'new_rule';
{sqlite} insert into sqlite_sequence (name, seq)
{sqlite}   select 'new_rule', seq from sqlite_sequence where name = 'protection_rule';
{postgresql} select setval(pg_get_serial_sequence('new_rule', 'id'), last_value, is_called)
{postgresql}   from protection_rule_id_seq;

-- Exactly one of account_id and team_id is set.
create table new_reviewer (
  protection_rule_id {integer} not null references new_rule (id),
  position {integer} not null,
  account_id {integer} references account (id),
  team_id {integer} references team (id),
  primary key (protection_rule_id, position)
) {strict};

insert into new_reviewer (protection_rule_id, position, account_id, team_id)
  select protection_rule_id, position, account_id, team_id from required_reviewer;

drop table required_reviewer;
drop table protection_rule;
alter table new_rule rename to protection_rule;
alter table new_reviewer rename to required_reviewer;
create index protection_rule_by_environment on protection_rule (environment_id, id);

-- The latest verdict of each rule that the deployment met. The rule is no foreign key: a verdict
-- outlives it. opens_at is set while the gate opens by time alone. numbers: a JSON object of the
-- integers that the message tells.
create table new_gate (
  deployment_id {integer} not null references deployment (id),
  protection_rule_id {integer} not null,
  kind text not null,
  state text not null,
  reason_code text not null,
  message text not null,
  numbers text not null default '{}',
  opens_at {integer},
  judged_at {integer} not null,
  primary key (deployment_id, protection_rule_id)
) {strict};

insert into new_gate (deployment_id, protection_rule_id, kind, state, reason_code, message,
    opens_at, judged_at)
  select deployment_id, protection_rule_id, kind, state, reason_code, message, opens_at, judged_at
  from deployment_gate;

drop table deployment_gate;
alter table new_gate rename to deployment_gate;
create index deployment_gate_waiting on deployment_gate (deployment_id)
  where opens_at is not null and state = 'shut';
