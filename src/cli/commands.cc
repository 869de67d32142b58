#include "cli/commands.h"

#include "cli/administration.h"
#include "cli/apps.h"
#include "cli/audit.h"
#include "cli/deploy.h"
#include "cli/gates.h"
#include "cli/hooks.h"
#include "cli/keys.h"
#include "cli/live.h"
#include "cli/repeats.h"
#include "cli/repositories.h"
#include "cli/retention.h"
#include "cli/secrets.h"
#include "cli/stats.h"

namespace esclusa::cli {

void add_commands(CLI::App& app, Action& action) {
  add_deploy(app, action);
  add_history(app, action);
  add_live(app, action);
  add_repeats(app, action);
  add_stats(app, action);
  add_gates(app, action);
  add_review(app, action);
  add_repository(app, action);
  add_hook(app, action);
  add_key(app, action);
  add_secret(app, action);
  add_variable(app, action);
  add_user(app, action);
  add_token(app, action);
  add_organization(app, action);
  add_app(app, action);
  add_audit(app, action);
  add_prune(app, action);
}

}  // namespace esclusa::cli
