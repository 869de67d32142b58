#pragma once
#include "base/json_writer.h"

namespace esclusa::wire {

using esclusa::JsonWriter;

}  // namespace esclusa::wire
