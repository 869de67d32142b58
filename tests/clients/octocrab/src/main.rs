//! octocrab as it is published, against a running server (see tests/clients/run.py). A row
//! beginning with `ok` or `FAIL` is printed for each test; exit code 1 if one has failed.

use octocrab::models::hooks::{Config, ContentType, Hook};
use octocrab::models::repos::{DeploymentBranchPolicySettings, EnvironmentReviewer};
use octocrab::models::repos::{DeploymentStatusState, Object};
use octocrab::models::webhook_events::{WebhookEvent, WebhookEventType};
use octocrab::models::StatusState;
use octocrab::params::checks::{CheckRunConclusion, CheckRunStatus};
use octocrab::params::repos::{Commitish, Reference};
use octocrab::{Octocrab, Page};
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;

type Outcome = Result<(), Box<dyn Error>>;

/// What everything.py has made.
fn found(name: &str) -> String {
    let name = format!("ESCLUSA_{}", name.to_uppercase());
    std::env::var(&name).expect(&name)
}

fn number(name: &str) -> u64 {
    found(name).parse().expect(name)
}

fn connect(url: &str, token: &str) -> Octocrab {
    let base = format!("{}/api/v3", found(url));
    Octocrab::builder()
        .base_uri(base)
        .unwrap()
        .personal_token(found(token))
        .build()
        .unwrap()
}

fn writer() -> Octocrab {
    connect("url", "writer")
}

fn admin() -> Octocrab {
    connect("url", "admin")
}

fn equal<T: PartialEq<U> + Debug, U: Debug>(is: T, wanted: U) -> Outcome {
    if is == wanted {
        return Ok(());
    }
    Err(format!("{is:?} is not {wanted:?}").into())
}

/// The status of the error that a call ended with.
fn status_of<T>(result: octocrab::Result<T>) -> u16 {
    match result {
        Err(octocrab::Error::GitHub { source, .. }) => source.status_code.as_u16(),
        Err(other) => panic!("no answer of GitHub: {other}"),
        Ok(_) => 0,
    }
}

async fn deployments() -> Outcome {
    let (github, admin) = (writer(), admin());
    let shop = github.repos("demo", "shop");
    let made = shop
        .deployments()
        .create("main")
        .environment("octocrab")
        .auto_merge(false)
        .required_contexts(Vec::<String>::new())
        .payload(serde_json::json!({"list": [1, null]}))
        .send()
        .await?;
    equal(made.environment.as_str(), "octocrab")?;
    let read = shop.deployments().get(made.id).await?;
    equal(&read, &made)?;
    let listed = shop
        .deployments()
        .list()
        .environment("octocrab")
        .send()
        .await?;
    equal(listed.items, vec![made.clone()])?;
    let statuses = shop.deployments().statuses(made.id);
    for state in [
        DeploymentStatusState::InProgress,
        DeploymentStatusState::Success,
    ] {
        let status = statuses
            .create(state)
            .description("So it is")
            .send()
            .await?;
        equal(&statuses.get(status.id).await?, &status)?;
    }
    equal(statuses.list().send().await?.items.len(), 2)?;
    let admins_shop = admin.repos("demo", "shop");
    admins_shop.deployments().delete(made.id).await?;
    equal(status_of(shop.deployments().get(made.id).await), 404)
}

async fn pages() -> Outcome {
    let github = writer();
    let shop = github.repos("demo", "shop");
    let first: Page<_> = shop
        .deployments()
        .list()
        .environment("many")
        .per_page(30)
        .send()
        .await?;
    let ids: BTreeSet<_> = github
        .all_pages(first)
        .await?
        .iter()
        .map(|one| one.id.0)
        .collect();
    equal(ids.len(), 250)
}

async fn errors() -> Outcome {
    let github = writer();
    let shop = github.repos("demo", "shop");
    equal(
        status_of(shop.deployments().create("nope").send().await),
        422,
    )?;
    equal(
        status_of(shop.deployments().create("clash/1").send().await),
        409,
    )?;
    equal(status_of(github.repos("demo", "nope").get().await), 404)
}

async fn environments() -> Outcome {
    let github = admin();
    let shop = github.repos("demo", "shop");
    let environments = shop.environments();
    let team = octocrab::models::TeamId(number("team_id"));
    let made = environments
        .create_or_update("octocrab-guarded")
        .wait_timer(30u32)
        .reviewer(EnvironmentReviewer::team(team))
        .prevent_self_review(true)
        .deployment_branch_policy(Some(DeploymentBranchPolicySettings::new(false, true)))
        .send()
        .await?;
    equal(made.protection_rules.len(), 3)?;
    equal(&environments.get("octocrab-guarded").await?, &made)?;
    let policies = environments.branch_policies("octocrab-guarded");
    let policy = policies.create("release/*").send().await?;
    equal(&policies.get(policy.id.unwrap()).await?, &policy)?;
    environments.delete("octocrab-guarded").await?;
    equal(status_of(environments.get("octocrab-guarded").await), 404)?;
    let listed = environments.list().send().await?.environments;
    equal(listed.iter().any(|one| one.name == "guarded"), true)
}

async fn git() -> Outcome {
    let github = writer();
    let shop = github.repos("demo", "shop");
    let head = |object: Object| match object {
        Object::Commit { sha, .. } => sha,
        Object::Tag { sha, .. } => sha,
        other => format!("{other:?}"),
    };
    let main = shop.get_ref(&Reference::Branch("main".into())).await?;
    equal(head(main.object), found("sha"))?;
    let tag = shop.get_ref(&Reference::Tag("v1.0".into())).await?;
    equal(head(tag.object), found("tag_sha"))?;
    equal(shop.get_tag(found("tag_sha")).await?.tag.as_str(), "v1.0")?;
    equal(shop.list_matching_refs("tags/v").await?.len(), 1)?;
    let branches = shop.list_branches().per_page(100).send().await?.items;
    equal(branches.iter().any(|one| one.name == "feature/login"), true)?;
    equal(shop.list_tags().send().await?.items.len(), 1)?;
    let commits = shop.list_commits().send().await?.items;
    equal(commits[0].sha.clone(), found("sha"))?;
    let commit = github.commits("demo", "shop").get(found("sha")).await?;
    equal(commit.commit.message.trim(), "Sell cheese")?;
    equal(shop.list_pulls(found("sha")).send().await?.items.len(), 0)
}

async fn reports() -> Outcome {
    let github = writer();
    let (shop, sha) = (github.repos("demo", "shop"), found("clash_sha"));
    shop.create_status(sha.clone(), StatusState::Success)
        .context("octocrab".into())
        .send()
        .await?;
    let statuses = shop.list_statuses(sha.clone()).send().await?.items;
    equal(statuses[0].context.as_deref(), Some("octocrab"))?;
    let combined = shop
        .combined_status_for_ref(&Reference::Branch("main".into()))
        .await?;
    equal(combined.sha, found("sha"))?;
    let checks = github.checks("demo", "shop");
    let run = checks
        .create_check_run("octocrab", sha.clone())
        .status(CheckRunStatus::InProgress)
        .send()
        .await?;
    let ended = checks
        .update_check_run(run.id)
        .status(CheckRunStatus::Completed)
        .conclusion(CheckRunConclusion::Success)
        .send()
        .await?;
    equal(ended.conclusion.as_deref(), Some("success"))?;
    let listed = checks
        .list_check_runs_for_git_ref(Commitish(sha))
        .send()
        .await?;
    equal(listed.check_runs.len(), 1)
}

async fn hooks_and_keys() -> Outcome {
    let github = admin();
    let shop = github.repos("demo", "shop");
    let config = Config {
        url: found("receiver") + "/octocrab",
        content_type: Some(ContentType::Json),
        ..Config::default()
    };
    let hook = Hook {
        name: "web".into(),
        active: true,
        config,
        events: vec![WebhookEventType::Deployment],
        ..Hook::default()
    };
    let made = shop.hooks().create(hook).await?;
    equal(
        shop.hooks().get(made.id).await?.events,
        vec![WebhookEventType::Deployment],
    )?;
    shop.hooks().ping(made.id).await?;
    shop.hooks().delete(made.id).await?;
    equal(status_of(shop.hooks().get(made.id).await), 404)?;
    let deliveries = shop.hooks().deliveries(number("hook_id"));
    equal(deliveries.list().send().await?.items.is_empty(), false)?;
    deliveries.get(number("delivery_id")).await?;
    equal(
        shop.keys().get(number("key_id")).await?.title.as_str(),
        "CI",
    )
}

async fn people() -> Outcome {
    let (github, admin) = (writer(), admin());
    equal(github.current().user().await?.login.as_str(), "writer")?;
    let window = github.repos("demo", "window").get().await?;
    equal(window.full_name.as_deref(), Some("demo/window"))?;
    let mine = github
        .current()
        .list_repos_for_authenticated_user()
        .send()
        .await?
        .items;
    equal(mine.iter().any(|one| one.name == "shop"), true)?;
    equal(admin.orgs("demo").get().await?.login.as_str(), "demo")?;
    let theirs = admin.orgs("demo").list_repos().send().await?.items;
    equal(theirs.iter().any(|one| one.name == "shop"), true)?;
    let members = admin.orgs("demo").list_members().send().await?.items;
    equal(members.iter().any(|one| one.login == "member"), true)?;
    let orgs = admin.current().list_orgs().send().await?.items;
    equal(orgs.iter().any(|one| one.login == "demo"), true)?;
    let shop = admin.repos("demo", "shop");
    let helpers = shop.list_collaborators().send().await?.items;
    equal(helpers.iter().any(|one| one.author.login == "writer"), true)?;
    equal(shop.is_collaborator("writer").await?, true)?;
    let limits = connect("limited_url", "limited_reader")
        .ratelimit()
        .get()
        .await?;
    equal(limits.resources.core.limit, 20)
}

async fn teams() -> Outcome {
    let github = admin();
    let teams = github.teams("demo");
    let made = teams
        .create("Octocrab")
        .description("They look")
        .send()
        .await?;
    equal(
        teams.get(made.slug.clone()).await?.name.as_str(),
        "Octocrab",
    )?;
    let members = teams.members(found("team_slug")).send().await?.items;
    equal(members.iter().any(|one| one.login == "member"), true)?;
    teams.delete(made.slug.clone()).await?;
    equal(status_of(teams.get(made.slug).await), 404)?;
    let listed = teams.list().send().await?.items;
    equal(
        listed.iter().any(|one| one.slug == found("team_slug")),
        true,
    )
}

/// Each event that was sent. octocrab has no type for `deployment_review`, and keeps its name.
async fn events() -> Outcome {
    let mut kinds = BTreeSet::new();
    for line in std::fs::read_to_string(found("received"))?.lines() {
        let delivery: serde_json::Value = serde_json::from_str(line)?;
        let event = delivery["event"].as_str().unwrap();
        let body = delivery["body"].as_str().unwrap();
        let parsed = WebhookEvent::try_from_header_and_body(event, body)
            .map_err(|error| format!("{event}: {error}: {body}"))?;
        let is_unknown = matches!(parsed.kind, WebhookEventType::Unknown(_));
        equal((event, is_unknown), (event, event == "deployment_review"))?;
        kinds.insert(event.to_owned());
    }
    for kind in [
        "deployment",
        "deployment_status",
        "status",
        "check_run",
        "push",
        "ping",
    ] {
        equal(kinds.contains(kind), true)?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut failures = 0;
    let mut report = |name: &str, outcome: Outcome| match outcome {
        Ok(()) => println!("ok   {name}"),
        Err(error) => {
            failures += 1;
            println!("FAIL {name}\n{error:?}");
        }
    };
    report("deployments and their statuses", deployments().await);
    report("250 deployments are listed by pages", pages().await);
    report("errors are those of GitHub", errors().await);
    report("environments and branch policies", environments().await);
    report("refs, tags, branches and commits", git().await);
    report("commit statuses and check runs", reports().await);
    report("hooks, deliveries and deploy keys", hooks_and_keys().await);
    report("people, organizations and rate limits", people().await);
    report("teams", teams().await);
    report("events", events().await);
    std::process::exit(i32::from(failures > 0));
}
