-- What is declared about a repository, and where its default branch comes from.

-- default_branch_source: head (follows HEAD of a bare repository), set (by somebody, or it is not
-- bare), undecided (registered before this column; decided when git is asked next). alternates:
-- absolute object folders outside of the repository, one on each line. A row whose removed_at is
-- set stays for the history; its name_key is one that no name has, so that the name is free.
alter table repository add column default_branch_source text not null default 'undecided';
alter table repository add column is_bare {integer} not null default 0;
alter table repository add column alternates text not null default '';
alter table repository add column description text;
alter table repository add column removed_at {integer};
