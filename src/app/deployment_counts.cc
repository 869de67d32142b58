#include "app/deployment_counts.h"

#include "base/log.h"

namespace esclusa::app {

Result<void> count_deployments(
    const Context& context, int64_t blocks,
    const std::function<void(const store::BlockProgress&)>& on_progress) {
  auto progress =
      TRY(context.database.read([](store::Reader& db) { return store::block_progress(db); }));
  while (progress.has_more()) {
    progress = TRY(
        context.database.write([&](store::Writer& tx) { return store::count_blocks(tx, blocks); }));
    if (on_progress) on_progress(progress);
  }
  return {};
}

Result<void> count_old_deployments(const Context& context) {
  constexpr int64_t blocks = 32;  // some 8,000 deployments, half a second
  return count_deployments(context, blocks, [](const store::BlockProgress& progress) {
    log::info("counting deployments",
              {{"counted_up_to", progress.counted_up_to}, {"of", progress.latest}});
  });
}

}  // namespace esclusa::app
