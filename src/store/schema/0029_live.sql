-- What is live in each environment: docs/decisions/0042.

-- The latest success since the deployment came to its present environment. A later status in the
-- same environment leaves it.
alter table deployment add column success_status_id {integer};
{step}
update deployment set success_status_id = (
  select max(s.id) from deployment_status s
  where s.deployment_id = deployment.id and s.state = 'success' and s.id > coalesce(
    (select max(o.id) from deployment_status o
     where o.deployment_id = deployment.id and o.environment_id <> deployment.environment_id), 0));
{step}
-- The latest success of an environment and task; transient deployments count each by itself.
create index deployment_succeeded on deployment (environment_id, task, success_status_id)
  where success_status_id is not null and transient_environment = 0;
{step}
-- The latest attempt of an environment and task.
create index deployment_by_task_of_environment on deployment (environment_id, task, id);
{step}

-- One row for each environment and task that have deployments. latest_id: the newest deployment.
-- success_id: the one with the latest success, which is live if that is still its state; null
-- before the first success. store/live.cc alone writes it, also when a deployment is deleted: the
-- ids are no foreign keys, which would need an index each.
create table live (
  environment_id {integer} not null references environment_name (id),
  task text not null,
  latest_id {integer} not null,
  success_id {integer},
  success_status_id {integer},
  primary key (environment_id, task)
) {strict};
insert into live (environment_id, task, latest_id, success_status_id)
  select environment_id, task, max(id),
    max(case when transient_environment = 0 then success_status_id end)
  from deployment group by environment_id, task;
update live set success_id = (
  select s.deployment_id from deployment_status s where s.id = live.success_status_id)
  where success_status_id is not null;
create index environment_name_by_repository on environment_name (repository_id, id);
