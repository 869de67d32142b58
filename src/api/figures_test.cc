#include "api/figures.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "api/serve.h"
#include "core/operations/deployments.h"
#include "support/served_repository.h"

namespace {
thread_local size_t allocation_count = 0;
}  // namespace

// Counts what is allocated, for the test below; all tests of this binary use it. A sanitizer has
// functions of its own, which fit together only all of them.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(size_t size) {
  ++allocation_count;
  if (void* const made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc();
}
void operator delete(void* made) noexcept { std::free(made); }
void operator delete(void* made, size_t) noexcept { std::free(made); }
#endif

using namespace esclusa;
using api::RequestFigures;
using test::make_request;
using namespace std::chrono_literals;

namespace {

uint64_t count_of(const RequestFigures::OfOperation& of, int code) {
  const auto found = std::ranges::find(RequestFigures::codes, code);
  return of.by_code.at(static_cast<size_t>(found - RequestFigures::codes.begin()));
}

/// The figures of an operation; without a request if there are none.
RequestFigures::OfOperation of(const RequestFigures& figures, std::string_view name) {
  for (const auto& found : figures.by_operation()) {
    if (found.name == name) return found;
  }
  return {.name = "absent"};
}

}  // namespace

TEST_CASE("RequestFigures: answers are counted by operation and code, with their time") {
  RequestFigures figures(api::routes());
  CHECK(figures.by_operation().empty());
  figures.note(&core::operations::create_deployment, 201, 3ms);
  figures.note(&core::operations::create_deployment, 201, 5ms);
  figures.note(&core::operations::create_deployment, 422, 1ms);
  figures.note(&core::operations::create_deployment, 299, 1ms);
  figures.note(nullptr, 404, 1ms);
  figures.note_refused(413);
  const auto created = of(figures, "create_deployment");
  CHECK(count_of(created, 201) == 2);
  CHECK(count_of(created, 422) == 1);
  CHECK(created.by_code.back() == 1);  // a code without a count of its own
  CHECK(created.times.total() == 4);
  CHECK(created.times.sum == 10'000);
  const auto none = of(figures, "");
  CHECK(count_of(none, 404) == 1);
  CHECK(count_of(none, 413) == 1);
  CHECK(none.times.total() == 1);  // nothing was made for the other
  CHECK(figures.by_operation().size() == 2);
}

TEST_CASE("RequestFigures: to count allocates nothing") {
  RequestFigures figures(api::routes());
  figures.note(&core::operations::create_deployment, 201, 3ms);
  const size_t before = allocation_count;
  for (int i = 0; i < 1000; ++i) {
    figures.note(&core::operations::create_deployment, 200 + i % 300, std::chrono::microseconds(i));
    figures.note(nullptr, 404, 1ms);
    figures.note_refused(503);
  }
  CHECK(allocation_count == before);
  CHECK(of(figures, "create_deployment").times.total() == 1001);
}

TEST_CASE("Api: each request is counted once, whichever way it was answered") {
  test::ServedRepository server;
  const std::string ada = server.token("ada", "repo");
  const auto ask = [&](const std::string& method, const std::string& path,
                       const std::string& body = "") {
    auto request = make_request(method, path, {{"Authorization", "Bearer " + ada}});
    request.body = body;
    return server.api.serve(request).status;
  };
  const std::string list = "/repos/ada/application/deployments";
  CHECK(ask("POST", list, R"({"ref":"main","required_contexts":[]})") == 201);
  CHECK(ask("POST", list, R"({"ref":"nothing","required_contexts":[]})") == 422);
  for (int i = 0; i < 5; ++i) CHECK(ask("GET", list + "/1") == 200);
  for (int i = 0; i < 1000; ++i) {
    CHECK(ask("GET", "/nothing/" + std::to_string(i)) == 404);
    CHECK(ask("GET", "/repos/ada/none-" + std::to_string(i) + "/deployments") == 404);
  }
  const RequestFigures& figures = server.api.figures();
  CHECK(count_of(of(figures, "create_deployment"), 201) == 1);
  CHECK(count_of(of(figures, "create_deployment"), 422) == 1);
  CHECK(count_of(of(figures, "get_deployment"), 200) == 5);
  const bool keeps = test::read(server.context.database, [](sql::Reader& db) {
    // PostgreSQL has other nodes: nothing is kept.
    return db.engine() == sql::Engine::sqlite && test::keeping() == sql::Keeping::on;
  });
  CHECK((figures.kept_answers.value() > 0) == keeps);  // some of those five
  CHECK(count_of(of(figures, ""), 404) == 1000);
  CHECK(count_of(of(figures, "list_deployments"), 404) == 1000);
  CHECK(figures.by_operation().size() == 4);  // whatever the paths were
}

TEST_CASE("Api: a request of an agent is noted, and one that was refused is not") {
  test::ServedRepository server;
  const auto ask = [&](const std::string& token, const std::string& path) {
    auto request = make_request("GET", path,
                                {{"Authorization", "Bearer " + token}, {"User-Agent", "esclusa"}});
    return server.api.serve(request).status;
  };
  CHECK(ask(server.token("ada", "repo"), "/esclusa/events") == 200);
  CHECK(ask(server.token("ada", "repo"), "/esclusa/events?after=99999") == 422);
  CHECK(ask(server.token("ada", "repo"), "/user") == 200);
  server.api.agents_seen().flush(server.context.database);
  CHECK(server.row_count("agent_seen") == 1);
}
