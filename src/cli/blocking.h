#pragma once
#include <string>

#include "base/json.h"

/// The output of `esclusa user block` and `unblock`.
namespace esclusa::cli {

/// Prints the new state of the account and of the bots that it is responsible for.
void print_block(const Json& answer);
void print_unblock(const Json& answer);

}  // namespace esclusa::cli
