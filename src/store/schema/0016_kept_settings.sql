-- Settings that clients put, and that are kept until something asks for them.

alter table team add column notification_setting text not null default 'notifications_enabled';

-- How an environment's reviews are judged, also while it has no reviewers; a rule that has
-- reviewers repeats it.
alter table environment add column required_approvals {integer} not null default 1;
alter table environment add column prevent_self_review {integer} not null default 0;
update environment set
  required_approvals = coalesce((select p.required_approvals from protection_rule p
    where p.environment_id = environment.id and p.kind = 'required_reviewers'), 1),
  prevent_self_review = coalesce((select p.prevent_self_review from protection_rule p
    where p.environment_id = environment.id and p.kind = 'required_reviewers'), 0);

-- The credentials of a hook's URL, base64url of crypto seal(), bound to the hook's id.
alter table hook add column credentials_sealed text;
