#pragma once
#include "store/kept.h"

/// For api/, which keeps whole answers: docs/decisions/0031.
namespace esclusa::app {

using store::Kept;
using store::NotingReader;
using store::SnapshotMoment;
using store::Sources;

}  // namespace esclusa::app
