#include "base/exhaustion.h"
#include "ssh/door.h"
#include "ssh/hooks.h"

/// `esclusa-ssh`, which sshd starts, and git as its hooks.
int main(int argc, char** argv) {
  using namespace esclusa;
  log_last_words();
  if (const auto hook = ssh::invoked_hook(argv[0])) return ssh::run_hook(*hook, argv);
  const std::span<char* const> words(argv, static_cast<size_t>(argc));
  return ssh::run_door(words.subspan(words.empty() ? 0 : 1), "");
}
