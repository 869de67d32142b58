#include "store/sealed_texts.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "sql/inspect.h"
#include "store/environment_secrets.h"
#include "store/hook_rows.h"

namespace esclusa::store {
namespace {

/// A sealed text of a row.
struct Text {
  int64_t id = 0;
  std::string_view column = {};
  std::string context = {};
  std::optional<std::string> sealed = {};  ///< nothing: the row has none
};

/// A table with sealed texts. `select` gives the next rows with an id above $1, at most $2, in the
/// order of their ids, which are the first column; `texts` reads the texts of one of them.
struct Table {
  std::string_view name;
  std::string_view select;
  std::vector<Text> (*texts)(const sql::Row& row);
};

std::vector<Text> texts_of_hook(const sql::Row& row) {
  const HookId id{row.integer(0)};
  return {{id.value, "secret_sealed", hook_secret_context(id), row.optional_text(1)},
          {id.value, "former_secret_sealed", hook_secret_context(id), row.optional_text(2)},
          {id.value, "credentials_sealed", hook_credentials_context(id), row.optional_text(3)}};
}

std::vector<Text> texts_of_secret(const sql::Row& row) {
  return {{row.integer(0), "sealed",
           environment_secret_context({row.integer(1)}, {row.integer(2)}, row.text(3)),
           row.optional_text(4)}};
}

std::vector<Text> texts_of_key(const sql::Row& row) {
  return {{row.integer(0), "secret_sealed", environment_key_context({row.integer(1)}, row.text(2)),
           row.optional_text(3)}};
}

constexpr Table tables[] = {
    {"hook",
     "select id, secret_sealed, former_secret_sealed, credentials_sealed from hook "
     "where id > $1 order by id limit $2",
     texts_of_hook},
    {"environment_secret",
     "select s.id, e.repository_id, e.id, s.name, s.sealed from environment_secret s "
     "join environment e on e.id = s.environment_id where s.id > $1 order by s.id limit $2",
     texts_of_secret},
    {"environment_key",
     "select id, environment_id, public_key, secret_sealed from environment_key "
     "where id > $1 order by id limit $2",
     texts_of_key},
};

/// For people, who look there with `sqlite3`.
std::string place_of(std::string_view table, const Text& text) {
  return "the column " + std::string(text.column) + " of the table " + std::string(table) +
         ", id " + std::to_string(text.id);
}

/// The texts of the next rows; the position is after them, at the next table if there were none.
std::vector<Text> read_some(sql::Reader& db, ResealPosition& position, int limit) {
  const Table& table = tables[position.table];
  int64_t last = 0;
  std::vector<Text> texts;
  db.each(table.select, {position.after_id, limit}, [&](const sql::Row& row) {
    last = row.integer(0);
    for (Text& text : table.texts(row)) texts.push_back(std::move(text));
  });
  if (last != 0) {
    position.after_id = last;
  } else {
    position = {position.table + 1, 0};
  }
  return texts;
}

/// Counts the text where the texts of its key are counted.
void note_use(std::vector<KeyUse>& uses, const Sealer& sealer, Opening opening,
              std::string_view table, const Text& text) {
  const std::string& sealed = *text.sealed;
  const size_t colon = sealed.find(':');
  const std::string id = colon == std::string::npos ? "" : sealed.substr(0, colon);
  auto use = std::ranges::find(uses, id, &KeyUse::key_id);
  if (use == uses.end()) use = uses.insert(use, KeyUse{.key_id = id});
  if (opening == Opening::sample && use->opened > 0) return;
  if (sealer.unseal(text.context, sealed)) {
    ++use->opened;
  } else if (++use->unreadable == 1) {
    use->first_unreadable = place_of(table, text);
  }
}

/// Only if the text is still that one: another transaction may have written a newer one, which is
/// sealed by the new key.
void reseal(sql::Writer& tx, const Sealer& sealer, std::string_view table, const Text& text,
            ResealCount& count) {
  if (!text.sealed) return;
  const auto plain = sealer.unseal(text.context, *text.sealed);
  if (!plain) {
    if (++count.unreadable == 1) count.first_unreadable = place_of(table, text);
    return;
  }
  if (sealer.is_current(*text.sealed)) return;
  const std::string column(text.column);
  count.resealed += tx.execute("update " + std::string(table) + " set " + column +
                                   " = $2 where id = $1 and " + column + " = $3",
                               {text.id, sealer.seal(text.context, *plain), *text.sealed});
}

}  // namespace

bool reseal_some(sql::Writer& tx, const Sealer& sealer, ResealPosition& position, int limit,
                 ResealCount& count) {
  if (position.table == std::size(tables)) return false;
  const Table& table = tables[position.table];
  for (const Text& text : read_some(tx, position, limit)) {
    reseal(tx, sealer, table.name, text, count);
  }
  return position.table < std::size(tables);
}

std::vector<KeyUse> find_key_uses(sql::Reader& db, const Sealer& sealer, Opening opening) {
  std::vector<KeyUse> uses;
  if (!sql::has_table(db, "environment_secret")) return uses;
  ResealPosition position;
  while (position.table < std::size(tables)) {
    const std::string_view table = tables[position.table].name;
    for (const Text& text : read_some(db, position, limits::resealed_rows)) {
      if (text.sealed) note_use(uses, sealer, opening, table, text);
    }
  }
  return uses;
}

}  // namespace esclusa::store
