#pragma once
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "core/commit.h"
#include "core/git_object.h"
#include "core/repository.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `commit`; with a difference, also its `stats` and `files`.
void write_commit(JsonWriter& json, const core::Commit& commit, const core::Repository& repository,
                  const Urls& urls, const core::Difference* difference = nullptr);

/// The same for `status` events, whose schema has no `verified_at`.
void write_event_commit(JsonWriter& json, const core::Commit& commit,
                        const core::Repository& repository, const Urls& urls);

/// GitHub's `short-branch` and `branch-with-protection`. The protection requires no checks:
/// protected branches only matter for the branch policies of environments.
void write_branch(JsonWriter& json, const core::Branch& branch, const core::Repository& repository,
                  const Urls& urls);
void write_full_branch(JsonWriter& json, const core::Branch& branch, const core::Commit& commit,
                       const core::Repository& repository, const Urls& urls);

/// GitHub's `branch-protection`, of a protected branch.
void write_branch_protection(JsonWriter& json, const std::string& branch,
                             const core::Repository& repository, const Urls& urls);

/// GitHub's `tag`: a name and its commit.
void write_tag(JsonWriter& json, const core::Branch& tag, const core::Repository& repository,
               const Urls& urls);

/// GitHub's `git-ref`.
void write_git_ref(JsonWriter& json, const core::GitRef& ref, const core::Repository& repository,
                   const Urls& urls);

/// GitHub's `git-tag` and `git-commit`: the objects as git stores them.
void write_git_tag(JsonWriter& json, const core::Tag& tag, const core::Repository& repository,
                   const Urls& urls);
void write_git_commit(JsonWriter& json, const core::Commit& commit,
                      const core::Repository& repository, const Urls& urls);

/// GitHub's `commit-comparison`; `basehead` is the requested range (`main...topic`).
void write_comparison(JsonWriter& json, const core::Comparison& comparison,
                      const std::string& basehead, const core::Repository& repository,
                      const Urls& urls);

}  // namespace esclusa::wire
