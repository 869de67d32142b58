#include <doctest/doctest.h>

#include "support/body_reader.h"
#include "support/served_repository.h"

using namespace esclusa;
using test::make_request;
using test::must;

namespace {

struct Fixture : test::ServedRepository {
  std::string path = "/esclusa/repos/ada/application/deployments/" +
                     std::to_string(make_deployment().value) + "/log";
  std::string repo_deployment = token("ada", "repo_deployment");

  DeploymentId make_deployment() {
    core::NewDeployment input;
    input.ref = "main";
    input.auto_merge = false;
    return deploy(access, input).id;
  }
  http::Response ask(const std::string& method, const std::string& query, const std::string& body,
                     http::Headers headers = {}) {
    headers.add("Authorization", "Bearer " + repo_deployment);
    auto request = make_request(method, path + query, std::move(headers));
    request.body = body;
    return api.serve(request);
  }
  http::Response append(int64_t offset, const std::string& text) {
    return ask("PATCH", "?offset=" + std::to_string(offset), text);
  }
  http::Response read(const std::string& query = "", http::Headers headers = {}) {
    return ask("GET", query, "", std::move(headers));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a long log is written while its client reads it, also in part") {
  std::string whole;
  for (int line = 0; line < 100'000; ++line) whole += "line " + std::to_string(line) + "\n";
  append(0, whole.substr(0, 1'000'000));
  append(1'000'000, whole.substr(1'000'000));
  http::Response all = read();
  CHECK(all.status == 200);
  REQUIRE(all.stream);
  CHECK(test::BodyReader(all.stream).read() == whole);
  http::Response part = read("", {{"Range", "bytes=300000-1099999"}});
  CHECK(part.status == 206);
  REQUIRE(part.stream);
  CHECK(test::BodyReader(part.stream).read() == whole.substr(300'000, 800'000));
  const http::Response last = read("", {{"Range", "bytes=-5"}});
  CHECK_FALSE(last.stream);
  CHECK(last.body == whole.substr(whole.size() - 5));
}

TEST_CASE_FIXTURE(Fixture, "the ETag of a log changes when the log grows, and guards its ranges") {
  append(0, "one\n");
  const std::string known(*read().headers.find("ETag"));
  CHECK(read("", {{"If-None-Match", known}}).status == 304);
  CHECK(read("", {{"Range", "bytes=1-2"}, {"If-Range", known}}).body == "ne");
  append(4, "two\n");
  CHECK(read("", {{"If-None-Match", known}}).status == 200);
  const auto grown = read("", {{"Range", "bytes=1-2"}, {"If-Range", known}});
  CHECK(grown.status == 200);
  CHECK(grown.body == "one\ntwo\n");
}

TEST_CASE_FIXTURE(Fixture, "a deployment's log grows, and is read as plain text") {
  CHECK(read().status == 404);
  auto answer = append(0, "one\n");
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"size":4})");
  CHECK(append(4, "zwei ü\n").headers.find("Upload-Offset") == "12");
  const auto whole = read();
  CHECK(whole.status == 200);
  CHECK(whole.body == "one\nzwei ü\n");
  CHECK(whole.headers.find("Content-Type") == "text/plain; charset=utf-8");
  CHECK(whole.headers.find("X-Content-Type-Options") == "nosniff");
  CHECK(whole.headers.find("Content-Security-Policy") == "default-src 'none'");
  CHECK(whole.headers.find("Upload-Offset") == "12");
  CHECK(read("?offset=4").body == "zwei ü\n");
  CHECK(read("?offset=99").body.empty());
  CHECK(read("?offset=4", {{"Range", "bytes=0-1"}}).body == "zwei ü\n");  // one of the two counts
  const auto part = read("", {{"Range", "bytes=4-7"}});
  CHECK(part.status == 206);
  CHECK(part.body == "zwei");
  CHECK(audits("deployment_log.create").size() == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "PATCH log: what was sent before may be sent again, with more behind it") {
  CHECK(append(0, "one\n").status == 200);
  CHECK(append(0, "one\n").body == R"({"size":4})");
  CHECK(append(2, "e\ntwo\n").body == R"({"size":8})");
  CHECK(append(0, "").body == R"({"size":8})");
  CHECK(read().body == "one\ntwo\n");
}

TEST_CASE_FIXTURE(Fixture,
                  "PATCH log: a gap or a conflicting text is 409, with the offset to continue at") {
  append(0, "one\n");
  for (const auto& answer : {append(5, "two\n"), append(0, "uno\n"), append(2, "x")}) {
    CHECK(answer.status == 409);
    CHECK(answer.headers.find("Upload-Offset") == "4");
    CHECK(answer.body.contains("log_offset"));
  }
  CHECK(read().body == "one\n");
}

TEST_CASE_FIXTURE(Fixture, "PATCH log: only text, and no more than the limit") {
  CHECK(append(0, std::string("a\0b", 3)).status == 422);
  CHECK(append(0, "\xff").status == 422);
  CHECK(ask("PATCH", "?offset=-1", "a").status == 422);
  const std::string much(1'000'000, 'x');
  int64_t size = 0;
  while (size + 1'000'000 <= limits::deployment_log_bytes) {
    CHECK(append(size, much).status == 200);
    size += 1'000'000;
  }
  const auto full = append(size, much);
  CHECK(full.status == 413);
  CHECK(full.body.contains("log_full"));
  CHECK(append(size, "the end").status == 200);
}

TEST_CASE_FIXTURE(Fixture, "a deployment's log: 404 unless the deployment exists") {
  path = "/esclusa/repos/ada/application/deployments/4711/log";
  CHECK(append(0, "one").status == 404);
  CHECK(read().status == 404);
  CHECK(row_count("deployment_log") == 0);
}
