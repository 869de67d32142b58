#include "store/environment_secrets.h"

#include "store/columns.h"

namespace esclusa::store {
namespace {

core::EnvironmentSecret read_secret(const sql::Row& row) {
  return {std::string(row.text(0)), from_micros(row.integer(1)), from_micros(row.integer(2))};
}

core::EnvironmentVariable read_variable(const sql::Row& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), from_micros(row.integer(2)),
          from_micros(row.integer(3))};
}

constexpr std::string_view tables[] = {"environment_secret", "environment_variable",
                                       "environment_key"};

}  // namespace

std::string environment_secret_context(RepositoryId repository, EnvironmentId environment,
                                       std::string_view name) {
  return "environment.secret:" + std::to_string(repository.value) + ":" +
         std::to_string(environment.value) + ":" + std::string(name);
}

std::string environment_key_context(EnvironmentId environment, std::string_view public_key_base64) {
  return "environment.key:" + std::to_string(environment.value) + ":" +
         std::string(public_key_base64);
}

core::Listing<core::EnvironmentSecret> list_environment_secrets(sql::Reader& db,
                                                                EnvironmentId environment,
                                                                const core::Page& page) {
  return {db.all("select name, created_at, updated_at from environment_secret "
                 "where environment_id = $1 order by name limit $2 offset $3",
                 {environment.value, page.size, page.offset()}, read_secret),
          count_environment_secrets(db, environment)};
}

std::optional<core::EnvironmentSecret> find_environment_secret(sql::Reader& db,
                                                               EnvironmentId environment,
                                                               std::string_view name) {
  return db.one(
      "select name, created_at, updated_at from environment_secret "
      "where environment_id = $1 and name = $2",
      {environment.value, name}, read_secret);
}

int64_t count_environment_secrets(sql::Reader& db, EnvironmentId environment) {
  return db.number("select count(*) from environment_secret where environment_id = $1",
                   {environment.value});
}

void put_environment_secret(sql::Writer& tx, const Sealer& sealer,
                            const core::Environment& environment, std::string_view name,
                            const Secret& value, Timestamp now) {
  const std::string context =
      environment_secret_context(environment.repository_id, environment.id, name);
  tx.execute(
      "insert into environment_secret (environment_id, name, sealed, created_at, updated_at) "
      "values ($1, $2, $3, $4, $4) on conflict (environment_id, name) do update set "
      "sealed = excluded.sealed, updated_at = excluded.updated_at",
      {environment.id.value, name, sealer.seal(context, value), to_micros(now)});
}

bool delete_environment_secret(sql::Writer& tx, EnvironmentId environment, std::string_view name) {
  return tx.execute("delete from environment_secret where environment_id = $1 and name = $2",
                    {environment.value, name}) == 1;
}

std::vector<StoredSecret> open_environment_secrets(sql::Reader& db, const Sealer& sealer,
                                                   const core::Environment& environment) {
  return db.all(
      "select name, sealed from environment_secret where environment_id = $1 order by name",
      {environment.id.value}, [&](const sql::Row& row) {
        const std::string context =
            environment_secret_context(environment.repository_id, environment.id, row.text(0));
        return StoredSecret{std::string(row.text(0)), sealer.unseal(context, row.text(1))};
      });
}

core::Listing<core::EnvironmentVariable> list_environment_variables(sql::Reader& db,
                                                                    EnvironmentId environment,
                                                                    const core::Page& page) {
  return {db.all("select name, value, created_at, updated_at from environment_variable "
                 "where environment_id = $1 order by name limit $2 offset $3",
                 {environment.value, page.size, page.offset()}, read_variable),
          count_environment_variables(db, environment)};
}

std::vector<core::EnvironmentVariable> list_environment_variables(sql::Reader& db,
                                                                  EnvironmentId environment) {
  return db.all(
      "select name, value, created_at, updated_at from environment_variable "
      "where environment_id = $1 order by name",
      {environment.value}, read_variable);
}

std::optional<core::EnvironmentVariable> find_environment_variable(sql::Reader& db,
                                                                   EnvironmentId environment,
                                                                   std::string_view name) {
  return db.one(
      "select name, value, created_at, updated_at from environment_variable "
      "where environment_id = $1 and name = $2",
      {environment.value, name}, read_variable);
}

int64_t count_environment_variables(sql::Reader& db, EnvironmentId environment) {
  return db.number("select count(*) from environment_variable where environment_id = $1",
                   {environment.value});
}

bool insert_environment_variable(sql::Writer& tx, EnvironmentId environment,
                                 const core::EnvironmentVariable& variable) {
  return tx.execute(
             "insert into environment_variable (environment_id, name, value, created_at, "
             "updated_at) values ($1, $2, $3, $4, $5) on conflict (environment_id, name) "
             "do nothing",
             {environment.value, variable.name, variable.value, to_micros(variable.created_at),
              to_micros(variable.updated_at)}) == 1;
}

bool update_environment_variable(sql::Writer& tx, EnvironmentId environment, std::string_view name,
                                 const core::EnvironmentVariable& variable) {
  return tx.execute(
             "update environment_variable set name = $3, value = $4, updated_at = $5 where "
             "environment_id = $1 and name = $2 and ($3 = $2 or not exists (select 1 from "
             "environment_variable o where o.environment_id = $1 and o.name = $3))",
             {environment.value, name, variable.name, variable.value,
              to_micros(variable.updated_at)}) == 1;
}

bool delete_environment_variable(sql::Writer& tx, EnvironmentId environment,
                                 std::string_view name) {
  return tx.execute("delete from environment_variable where environment_id = $1 and name = $2",
                    {environment.value, name}) == 1;
}

std::optional<core::EnvironmentPublicKey> find_environment_key(sql::Reader& db,
                                                               EnvironmentId environment) {
  return db.one(
      "select id, public_key from environment_key "
      "where environment_id = $1 and retired_at is null",
      {environment.value}, [](const sql::Row& row) {
        return core::EnvironmentPublicKey{row.integer(0), base64_decode(row.text(1)).value_or("")};
      });
}

core::EnvironmentPublicKey insert_environment_key(sql::Writer& tx, const Sealer& sealer,
                                                  EnvironmentId environment, Timestamp now,
                                                  Timestamp retired_until) {
  tx.execute("delete from environment_key where environment_id = $1 and retired_at < $2",
             {environment.value, to_micros(retired_until)});
  const BoxKeys made = make_box_keys();
  const std::string public_key = base64(made.public_key);
  const std::string sealed =
      sealer.seal(environment_key_context(environment, public_key), made.secret_key);
  const int64_t id = tx.insert(
      "insert into environment_key (environment_id, public_key, secret_sealed, created_at) "
      "values ($1, $2, $3, $4)",
      {environment.value, public_key, sealed, to_micros(now)});
  return {id, made.public_key};
}

StoredKey open_environment_key(sql::Reader& db, const Sealer& sealer, EnvironmentId environment,
                               int64_t id, Timestamp retired_until) {
  StoredKey stored;
  db.each(
      "select public_key, secret_sealed from environment_key where environment_id = $1 and "
      "id = $2 and (retired_at is null or retired_at >= $3)",
      {environment.value, id, to_micros(retired_until)}, [&](const sql::Row& row) {
        stored.is_found = true;
        const auto public_key = base64_decode(row.text(0));
        auto secret_key =
            sealer.unseal(environment_key_context(environment, row.text(0)), row.text(1));
        if (public_key && secret_key) stored.keys = BoxKeys{*public_key, *std::move(secret_key)};
      });
  return stored;
}

void retire_environment_keys(sql::Writer& tx, Timestamp now, Timestamp retired_until) {
  tx.execute("delete from environment_key where retired_at < $1", {to_micros(retired_until)});
  tx.execute("update environment_key set retired_at = $1 where retired_at is null",
             {to_micros(now)});
}

void delete_environment_secrets(sql::Writer& tx, EnvironmentId environment) {
  for (const std::string_view table : tables) {
    tx.execute("delete from " + std::string(table) + " where environment_id = $1",
               {environment.value});
  }
}

void delete_environment_secrets(sql::Writer& tx, RepositoryId repository) {
  for (const std::string_view table : tables) {
    tx.execute("delete from " + std::string(table) +
                   " where environment_id in (select id from environment where repository_id = $1)",
               {repository.value});
  }
}

}  // namespace esclusa::store
