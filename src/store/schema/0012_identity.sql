-- Which data this is, and which secret.key belongs to it: one row. key_digest is of both.
create table data_identity (
  identity text primary key,
  key_digest text not null,
  created_at {integer} not null
) {strict};
