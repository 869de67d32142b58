-- When an agent was last heard of, and by what: docs/decisions/0039. A row for each token that an
-- agent has used: of an agent (agent_token_id), or of an account that claims deployments or reads
-- the feed (token_id). Exactly one of the two is set. The row of a token that is revoked goes.
create table agent_seen (
  id {id},
  agent_token_id {integer} unique references agent_token (id),
  token_id {integer} unique references token (id),
  last_seen_at {integer} not null,
  feed_read_at {integer},
  address text not null,
  version text not null,
  last_action text not null
) {strict};
{step}

-- What is to be done or under way, for the figures of the server: never more than what has not
-- ended, however long the history is.
create index deployment_unfinished on deployment
  (state, production_environment, transient_environment)
  where state is null or state in ('queued', 'pending', 'in_progress');
