-- Delivery figures: docs/decisions/0046-delivery-figures.md.

-- What decided about deployments, by the time. Most statuses are of other states.
create index deployment_status_outcome on deployment_status (environment_id, created_at, id)
  where state in ('success', 'failure', 'error');
