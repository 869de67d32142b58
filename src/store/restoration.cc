#include "store/restoration.h"

#include "store/columns.h"

namespace esclusa::store {

std::string newest_migration(sql::Reader& db) {
  const auto name = db.one("select name from migration order by name desc limit 1", {},
                           [](const sql::Row& row) { return std::string(row.text(0)); });
  return name.value_or("");
}

Contents find_contents(sql::Reader& db) {
  Contents contents;
  contents.accounts = db.number("select count(*) from account");
  contents.repositories = db.number("select count(*) from repository where removed_at is null");
  contents.deployments = db.number("select count(*) from deployment");
  db.each("select created_at from event order by id desc limit 1", {},
          [&](const sql::Row& row) { contents.newest_event_at = read_optional_time(row, 0); });
  contents.held_deployments = db.number("select count(*) from deployment where phase = 'held'");
  contents.claimed_deployments =
      db.number("select count(*) from deployment_claim where state <> 'ended'");
  contents.waiting_deliveries =
      db.number("select count(*) from delivery where state in ('pending', 'held')");
  return contents;
}

int64_t set_aside_deliveries(sql::Writer& tx) {
  tx.execute("delete from redelivery");
  return tx.execute("update delivery set state = 'dead' where state in ('pending', 'held')");
}

void move_repository(sql::Writer& tx, RepositoryId id, std::string_view path) {
  tx.execute("update repository set path = $1, alternates = '' where id = $2", {path, id.value});
}

}  // namespace esclusa::store
