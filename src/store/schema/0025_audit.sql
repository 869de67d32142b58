-- The system user behind the administrator's socket.
alter table audit add column system_user text;

-- One for each filter: a page reads its rows in the order of their ids.
create index audit_by_repository on audit (repository_id, id);
create index audit_by_actor on audit (actor_id, id);
create index audit_by_action on audit (action, id);
create index audit_by_agent_token on audit (agent_token_id, id) where agent_token_id is not null;
create index audit_by_system_user on audit (system_user, id) where system_user is not null;
