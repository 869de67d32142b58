#include "cli/input_file.h"

#include <fstream>
#include <iostream>
#include <sstream>

namespace esclusa::cli {

Result<std::string> read_input(const std::string& path, std::string_view what) {
  std::stringstream content;
  if (path == "-") {
    content << std::cin.rdbuf();
  } else {
    std::ifstream file(path);
    content << file.rdbuf();
    if (!file) return fail(ErrorCode::invalid, "cannot read " + std::string(what) + path);
  }
  return content.str();
}

Result<std::string> read_secret(const std::string& path) {
  std::string secret = TRY(read_input(path, "the secret in "));
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return fail(ErrorCode::invalid, "the secret is empty");
  return secret;
}

Result<std::string> read_public_key(const std::string& path, std::string_view advice) {
  std::string text = TRY(read_input(path, "the key in "));
  if (text.find("PRIVATE KEY") != text.npos) {
    return fail(ErrorCode::invalid,
                path + " is a private key, and was not sent" + std::string(advice));
  }
  return text;
}

}  // namespace esclusa::cli
