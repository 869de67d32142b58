-- Names that repositories had before. A row goes away when another repository takes the name.
-- owner_key and name_key are folded by core/names.h.

create table repository_former_name (
  owner_key text not null,
  name_key text not null,
  repository_id {integer} not null references repository (id),
  created_at {integer} not null,
  primary key (owner_key, name_key)
) {strict};
