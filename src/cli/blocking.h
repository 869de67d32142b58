#pragma once
#include <string>

#include "wire/json.h"

/// What `esclusa user block` and `unblock` tell.
namespace esclusa::cli {

/// Prints what became of the account and of the bots for which it answers.
void print_block(const wire::Json& answer);
void print_unblock(const wire::Json& answer);

}  // namespace esclusa::cli
