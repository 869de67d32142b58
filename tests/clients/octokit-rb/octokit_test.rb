# octokit.rb as Debian packages it, against a running server (see tests/clients/run.py).
require "minitest/autorun"
require "octokit"

ENV["OCTOKIT_SILENT"] = "true" # It warns of APIs that were previews then, in the midst of a line.
SHOP = "demo/shop".freeze
PLAIN = { auto_merge: false, required_contexts: [] }.freeze

# What everything.py has made.
def found(name)
  ENV.fetch("ESCLUSA_#{name.to_s.upcase}")
end

# A client, with the address of an Enterprise server.
def connect(token, **options)
  Octokit::Client.new(access_token: found(token), api_endpoint: "#{found(:url)}/api/v3/",
                      **options)
end

class OctokitTest < Minitest::Test
  def setup
    @writer = connect(:writer)
    @admin = connect(:admin)
  end

  def deploy(environment, **fields)
    @writer.create_deployment(SHOP, "main", { **PLAIN, environment: environment, **fields })
  end
end

class Deployments < OctokitTest
  def test_a_deployment_is_created_read_and_deleted
    made = deploy("octokit-rb", payload: { list: [1, nil] }, description: "The first")
    assert_equal %w[octokit-rb writer], [made.environment, made.creator.login]
    assert_equal({ list: [1, nil] }, made.payload.to_h)
    read = @writer.deployment(SHOP, made.id)
    assert_equal made.to_h, read.to_h
    listed = @writer.deployments(SHOP, environment: "octokit-rb")
    assert_equal [made.id], listed.map(&:id)
    @writer.delete_deployment(SHOP, made.id)
    assert_raises(Octokit::NotFound) { @writer.deployment(SHOP, made.id) }
  end

  def test_statuses_are_reported_by_the_links_of_the_deployment
    made = deploy("octokit-rb-statuses")
    %w[in_progress success].each do |state|
      status = @writer.create_deployment_status(made.url, state, description: "So it is")
      assert_equal [state, "So it is"], [status.state, status.description]
    end
    assert_equal %w[success in_progress], @writer.deployment_statuses(made.url).map(&:state)
    assert_equal SHOP, made.rels[:repository].get.data.full_name
  end

  def test_250_deployments_are_listed_by_pages
    client = connect(:writer, auto_paginate: true, per_page: 100)
    listed = client.paginate("repos/#{SHOP}/deployments", environment: "many")
    assert_equal 250, listed.map(&:id).uniq.size
  end

  def test_errors_are_those_of_github
    error = assert_raises(Octokit::UnprocessableEntity) do
      @writer.create_deployment(SHOP, "nope", PLAIN.dup)
    end
    assert_match(/No ref found for: nope/, error.message)
    conflict = assert_raises(Octokit::Conflict) do
      @writer.create_deployment(SHOP, "clash/1", required_contexts: [])
    end
    assert_match(/Conflict merging main into clash\/1/, conflict.message)
    assert_raises(Octokit::NotFound) { @writer.repository("demo/nope") }
    assert_raises(Octokit::Unauthorized) do
      Octokit::Client.new(access_token: "wrong", api_endpoint: found(:url)).repository(SHOP)
    end
  end
end

class Git < OctokitTest
  def test_a_ref_is_read_by_its_name
    ref = @writer.ref(SHOP, "heads/main")
    assert_equal ["refs/heads/main", found(:sha)], [ref.ref, ref.object.sha]
    assert_equal ref.to_h, @writer.get(ref.url).to_h
    assert_raises(Octokit::NotFound) { @writer.ref(SHOP, "heads/nope") }
  end

  def test_refs_are_listed_below_a_namespace
    heads = connect(:writer, auto_paginate: true).refs(SHOP, "heads")
    assert_includes heads.map(&:ref), "refs/heads/main"
    assert(heads.all? { |one| one.ref.start_with?("refs/heads/") })
    all = connect(:writer, auto_paginate: true).refs(SHOP)
    assert_includes all.map(&:ref), "refs/tags/v1.0"
  end

  def test_an_annotated_tag_is_read
    ref = @writer.ref(SHOP, "tags/v1.0")
    assert_equal ["tag", found(:tag_sha)], [ref.object.type, ref.object.sha]
    tag = @writer.tag(SHOP, ref.object.sha)
    assert_equal ["v1.0", "commit"], [tag.tag, tag[:object].type]
    assert_equal "The first release", tag.message.strip
  end

  def test_branches_tags_and_commits
    assert_equal found(:sha), @writer.branch(SHOP, "main").commit.sha
    assert_equal ["v1.0"], @writer.tags(SHOP).map(&:name)
    assert_includes @writer.branches(SHOP, per_page: 100).map(&:name), "main"
    commit = @writer.commit(SHOP, found(:sha))
    assert_equal commit.sha, @writer.commits(SHOP, "main").first.sha
    assert_equal "ahead", @writer.compare(SHOP, "v1.0", "main").status
    assert_equal [], @writer.commit_pulls(SHOP, commit.sha)
  end
end

class Reports < OctokitTest
  def test_commit_statuses
    sha = found(:clash_sha)
    made = @writer.create_status(SHOP, sha, "success", context: "octokit-rb")
    assert_equal %w[success octokit-rb], [made.state, made.context]
    assert_includes @writer.statuses(SHOP, sha).map(&:context), "octokit-rb"
    assert_equal sha, @writer.combined_status(SHOP, sha).sha
  end

  def test_check_runs_and_their_suites
    run = @writer.create_check_run(SHOP, "octokit-rb", found(:clash_sha), status: "in_progress")
    @writer.update_check_run(SHOP, run.id, conclusion: "success")
    assert_equal "success", @writer.check_run(SHOP, run.id).conclusion
    listed = @writer.check_runs_for_ref(SHOP, found(:clash_sha)).check_runs
    assert_includes listed.map(&:name), "octokit-rb"
    annotations = @writer.check_run_annotations(SHOP, found(:check_run_id))
    assert_equal ["Look here."], annotations.map(&:message)
  end
end

class Settings < OctokitTest
  def test_hooks
    hook = @admin.create_hook(SHOP, "web", { url: "#{found(:receiver)}/rb", content_type: "json" },
                              events: ["deployment"])
    assert_equal ["deployment"], @admin.hook(SHOP, hook.id).events
    assert @admin.ping_hook(SHOP, hook.id)
    assert @admin.test_hook(SHOP, hook.id)
    edited = @admin.edit_hook(SHOP, hook.id, "web", hook.config.to_h, events: ["status"])
    assert_equal ["status"], edited.events
    assert_includes @admin.hooks(SHOP).map(&:id), hook.id
    assert @admin.remove_hook(SHOP, hook.id)
    assert_includes @admin.org_hooks("demo").map { |one| one.id.to_s }, found(:org_hook_id)
  end

  def test_deploy_keys
    key = @admin.deploy_key(SHOP, found(:key_id))
    assert_equal "CI", key.title
    assert_includes @admin.deploy_keys(SHOP).map(&:id), key.id
  end

  def test_collaborators
    assert @admin.add_collaborator(SHOP, "stranger", permission: "push")
    assert @admin.collaborator?(SHOP, "stranger")
    assert_equal "write", @admin.permission_level(SHOP, "stranger").permission
    assert_includes @admin.collaborators(SHOP).map(&:login), "stranger"
    assert @admin.remove_collaborator(SHOP, "stranger")
    refute @admin.collaborator?(SHOP, "stranger")
  end

  def test_who_is_there
    assert_equal "writer", @writer.user.login
    assert_equal "demo", @admin.organization("demo").login
    assert_includes @admin.organization_repositories("demo").map(&:full_name), SHOP
    assert_includes @admin.organizations.map(&:login), "demo"
    assert_includes @writer.repositories.map(&:full_name), SHOP
    assert @admin.organization_member?("demo", "member")
  end

  def test_rate_limits
    limited = Octokit::Client.new(access_token: found(:limited_reader),
                                  api_endpoint: found(:limited_url))
    assert_equal 20, limited.rate_limit!.limit
    assert_equal 20, limited.rate_limit!.remaining
  end
end

class Teams < OctokitTest
  def test_a_team_is_read_and_changed_by_its_number
    team = @admin.create_team("demo", name: "Octokit RB", privacy: "closed")
    assert_equal team.id, @admin.team_by_name("demo", team.slug).id
    assert_equal "Octokit RB", @admin.team(team.id).name
    assert_equal "They look", @admin.update_team(team.id, description: "They look").description
    assert_equal "active", @admin.add_team_membership(team.id, "member").state
    assert_equal "member", @admin.team_membership(team.id, "member").role
    assert @admin.team_member?(team.id, "member")
    assert_includes @admin.team_members(team.id).map(&:login), "member"
    assert @admin.add_team_repository(team.id, SHOP, permission: "push")
    assert @admin.team_repository?(team.id, SHOP)
    assert_equal [SHOP], @admin.team_repositories(team.id).map(&:full_name)
    assert @admin.remove_team_repository(team.id, SHOP)
    assert @admin.remove_team_membership(team.id, "member")
    refute @admin.team_member?(team.id, "member")
    assert @admin.delete_team(team.id)
    assert_raises(Octokit::NotFound) { @admin.team(team.id) }
  end

  def test_teams_of_an_organization_and_of_a_repository
    slug = found(:team_slug)
    assert_includes @admin.organization_teams("demo").map(&:slug), slug
    assert_includes @admin.repository_teams(SHOP).map(&:slug), slug
    members = @admin.organization_members("demo").map(&:login)
    assert_includes members, "member"
  end
end
