#include "wire/urls.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::wire;

TEST_CASE("Urls: every link is below the root of the request's URL") {
  core::Repository repository;
  repository.owner.login = "Demo";
  repository.name = "shop.js";
  for (const std::string root : {"http://127.0.0.1:8080", "https://x.example.org/api/v3"}) {
    const Urls urls{root, "https://x.example.org"};
    CHECK(urls.account(repository.owner) == root + "/users/Demo");
    CHECK(urls.repository(repository) == root + "/repos/Demo/shop.js");
    CHECK(urls.deployment(repository, {7}) == root + "/repos/Demo/shop.js/deployments/7");
    CHECK(urls.hook(repository, {8}) == root + "/repos/Demo/shop.js/hooks/8");
  }
}

TEST_CASE("Urls: addresses for git, with and without a port") {
  core::Repository repository;
  repository.owner.login = "demo";
  repository.name = "shop";
  for (const auto& [ssh, address, url] :
       {std::tuple("", "", ""),
        std::tuple("git@h", "git@h:demo/shop.git", "ssh://git@h/demo/shop.git"),
        std::tuple("git@h:22", "ssh://git@h:22/demo/shop.git", "ssh://git@h:22/demo/shop.git"),
        std::tuple("git@[::1]", "git@[::1]:demo/shop.git", "ssh://git@[::1]/demo/shop.git"),
        std::tuple("git@[::1]:22", "ssh://git@[::1]:22/demo/shop.git",
                   "ssh://git@[::1]:22/demo/shop.git")}) {
    CAPTURE(ssh);
    const Urls urls{"http://h", "http://h", ssh};
    CHECK(urls.ssh_address(repository) == address);
    CHECK(urls.ssh_url(repository) == url);
  }
}

TEST_CASE("Urls: a bot's brackets are encoded, as in GitHub's links") {
  core::Account bot;
  bot.login = "deploy[bot]";
  CHECK(Urls{"http://x", "http://x"}.account(bot) == "http://x/users/deploy%5Bbot%5D");
}
