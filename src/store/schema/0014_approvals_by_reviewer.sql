-- An account approves once by a rule. Another account of the same human may approve, too, once the
-- first one may no longer review; approvals that count are counted by the human.
drop index deployment_review_approval;
create unique index deployment_review_approval
  on deployment_review (deployment_id, protection_rule_id, reviewer_id)
  where state = 'approved';
