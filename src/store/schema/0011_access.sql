-- Who is blocked along with whom, and whether environments come into being by being named.

-- The human with whom a bot was blocked: who lets the human in again lets it in, too. Null for what
-- was blocked for itself.
alter table account add column blocked_with {integer} references account (id);
create index account_by_human on account (human_id) where human_id is not null;

-- any: a deployment makes the environment that it names; known: it must be there already.
alter table repository add column environments text not null default 'any';
