-- A key makes a status repeatable, too: the id is that of the deployment or of the status that the
-- request made. The digest tells them apart.
alter table idempotency_key rename column deployment_id to resource_id;
