#include "app/deployment_texts.h"

#include "app/deployments.h"
#include "base/crypto.h"
#include "base/json_writer.h"
#include "store/deployments.h"
#include "wire/deployment.h"

namespace esclusa::app {
namespace {

/// Renders the deployments of one repository with one address of the server.
class Renderer {
 public:
  Renderer(Reader& db, const core::Repository& repository, const wire::Urls& urls)
      : db_(db),
        repository_(repository),
        urls_(urls),
        key_("deployment " + std::to_string(repository.id.value) + " " + urls.api + " " + urls.web +
             " ") {}

  /// The kept text; or the text of what `find` finds, null if it finds nothing.
  template <class Find>
  SharedDeployment text_of(DeploymentId id, Find find) const {
    return store::kept(
        db_, key_ + std::to_string(id.value),
        [&]() -> std::optional<DeploymentText> {
          const auto deployment = find();
          return deployment ? std::optional(render(*deployment)) : std::nullopt;
        },
        [](const DeploymentText& text) { return text.sources; },
        [](const DeploymentText& text) { return sizeof text + text.json.size() + 128; });
  }

  DeploymentText render(const core::Deployment& deployment) const {
    JsonWriter json;
    wire::write_deployment(json, deployment, repository_, urls_);
    DeploymentText text{.json = json.take(),
                        .tag = "",
                        .original_environment = deployment.original_environment.id,
                        .repeats = deployment.repeats,
                        .updated_at = deployment.updated_at,
                        .sources = store::Sources()
                                       .row("deployment", deployment.id.value)
                                       .row("repository", repository_.id.value)
                                       .row("account", repository_.owner.id.value)
                                       .row("account", deployment.creator.id.value)};
    text.sources.row("environment_name", deployment.environment.id.value);
    text.sources.row("environment_name", deployment.original_environment.id.value);
    if (deployment.app) {
      text.sources.row("app", deployment.app->id.value)
          .row("account", deployment.app->owner.id.value);
    }
    text.tag = hex(sha256(text.json));
    return text;
  }

 private:
  Reader& db_;
  const core::Repository& repository_;
  const wire::Urls& urls_;
  const std::string key_;
};

/// Which deployments are on a page.
struct PageOfIds {
  std::vector<DeploymentId> ids;
  int64_t total_count = 0;
};

/// What decides which deployments are on a page.
store::Sources page_sources() {
  return store::Sources().table("deployment").table("environment_name").table("account");
}

std::string page_key(RepositoryId repository, const core::DeploymentFilter& filter,
                     const core::Page& page) {
  const auto time = [](const std::optional<Timestamp>& at) {
    return at ? std::to_string(to_micros(*at)) : "";
  };
  std::string key = "deployments " + std::to_string(repository.value) + " " +
                    std::to_string(page.number) + " " + std::to_string(page.size) + " " +
                    std::string(filter.state ? core::to_name(*filter.state) : "") + " " +
                    time(filter.created.from) + " " + time(filter.created.until);
  // A length before each text: no text can be taken for two.
  for (const std::string* text :
       {&filter.sha, &filter.ref, &filter.task, &filter.environment, &filter.creator}) {
    key += " " + std::to_string(text->size()) + ":" + *text;
  }
  return key;
}

}  // namespace

Result<SharedDeployment> get_deployment_text(Reader& db, const RepositoryAccess& access,
                                             DeploymentId id, const wire::Urls& urls) {
  auto text = Renderer(db, access.repository, urls).text_of(id, [&] {
    return store::find_deployment(db, access.repository.id, id);
  });
  if (!text || !sees(access, text->original_environment)) return not_found();
  return text;
}

namespace {

core::Listing<SharedDeployment> list_texts(Reader& db, const RepositoryAccess& access,
                                           const core::DeploymentFilter& filter,
                                           const core::Page& page, const wire::Urls& urls) {
  const RepositoryId repository = access.repository.id;
  const Renderer renderer(db, access.repository, urls);
  std::optional<core::Listing<core::Deployment>> rows;  // of this snapshot, once they are read
  const auto read = [&] { rows = store::list_deployments(db, repository, filter, page); };
  const auto found = store::kept(
      db, page_key(repository, filter, page),
      [&] {
        read();
        PageOfIds ids{.ids = {}, .total_count = rows->total_count};
        for (const core::Deployment& deployment : rows->items) ids.ids.push_back(deployment.id);
        return std::optional(std::move(ids));
      },
      [](const PageOfIds&) { return page_sources(); },
      [](const PageOfIds& ids) { return sizeof ids + ids.ids.size() * sizeof(DeploymentId); });

  const bool rows_came_first = rows.has_value();
  core::Listing<SharedDeployment> listing{.items = {}, .total_count = found->total_count};
  for (size_t i = 0; i < found->ids.size(); ++i) {
    listing.items.push_back(renderer.text_of(found->ids[i], [&] {
      return rows ? std::optional(rows->items[i])
                  : store::find_deployment(db, repository, found->ids[i]);
    }));
  }
  // What is found kept is of the snapshot, if that had begun by then: it has not changed since.
  if (rows_came_first || is_of_one_moment(db, page_sources())) return listing;

  // A commit came between: what was kept and what was read may differ. The snapshot alone decides.
  read();
  listing = {.items = {}, .total_count = rows->total_count};
  for (const core::Deployment& deployment : rows->items) {
    listing.items.push_back(std::make_shared<const DeploymentText>(renderer.render(deployment)));
  }
  return listing;
}

}  // namespace

Result<core::Listing<SharedDeployment>> list_deployment_texts(Reader& db,
                                                              const RepositoryAccess& access,
                                                              const core::DeploymentFilter& filter,
                                                              const core::Page& page,
                                                              const wire::Urls& urls) {
  const core::AgentGrant* agent = access.actor.agent();
  const bool is_own = agent != nullptr && agent->repository_id == access.repository.id;
  if (is_own && !agent->is_for(filter.environment)) {
    return fail(ErrorCode::forbidden,
                "An agent lists the deployments of its environments: name one as `environment`.",
                "environment_not_of_agent");
  }
  auto listing = list_texts(db, access, filter, page, urls);
  std::erase_if(listing.items, [&](const SharedDeployment& text) {
    return !sees(access, text->original_environment);
  });
  return listing;
}

}  // namespace esclusa::app
