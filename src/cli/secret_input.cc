#include "cli/secret_input.h"

#include <fstream>
#include <iostream>
#include <sstream>

namespace esclusa::cli {

Result<std::string> read_secret(const std::string& path) {
  std::stringstream content;
  if (path == "-") {
    content << std::cin.rdbuf();
  } else {
    std::ifstream file(path);
    content << file.rdbuf();
    if (!file) return fail(ErrorCode::invalid, "cannot read the secret in " + path);
  }
  std::string secret = content.str();
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return fail(ErrorCode::invalid, "the secret is empty");
  return secret;
}

}  // namespace esclusa::cli
