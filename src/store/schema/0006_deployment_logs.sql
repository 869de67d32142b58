-- What a deployment's run printed, in the parts in which it came: end_at is the number of bytes up
-- to the end of the part. size is that of all of them.
create table deployment_log (
  deployment_id {integer} primary key references deployment (id),
  size {integer} not null,
  part_count {integer} not null,
  created_at {integer} not null
) {strict};

create table deployment_log_part (
  deployment_id {integer} not null references deployment_log (deployment_id),
  end_at {integer} not null,
  text text not null,
  primary key (deployment_id, end_at)
) {strict};
