-- A deployment finds the counts that it leaves by their whole key. SQLite looked through all counts
-- of the repository, which grow with its history.

{sqlite} drop trigger deployment_deleted;
{sqlite} drop trigger deployment_leaves;
{sqlite} create trigger deployment_deleted before delete on deployment
{sqlite}   when exists (select 1 from deployment_block where shift = 8 and block = old.id >> 8)
{sqlite}   begin update deployment_block_count set deployment_count = deployment_count - 1
{sqlite}     where rowid in (select c.rowid from deployment_place p
{sqlite}       cross join deployment_block_count c where p.id = old.id
{sqlite}         and c.repository_id = p.repository_id and c.filter = p.filter
{sqlite}         and c.value = p.value and c.shift = p.shift and c.block = p.block); end;
{sqlite} create trigger deployment_leaves before update of state, environment_id on deployment
{sqlite}   when exists (select 1 from deployment_block where shift = 8 and block = old.id >> 8)
{sqlite}   begin update deployment_block_count set deployment_count = deployment_count - 1
{sqlite}     where rowid in (select c.rowid from deployment_place p
{sqlite}       cross join deployment_block_count c where p.id = old.id
{sqlite}         and p.filter in ('state', 'environment')
{sqlite}         and c.repository_id = p.repository_id and c.filter = p.filter
{sqlite}         and c.value = p.value and c.shift = p.shift and c.block = p.block); end;
