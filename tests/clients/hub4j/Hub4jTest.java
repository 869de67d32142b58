// hub4j's github-api as it is published, against a running server (see tests/clients/run.py).
// A row beginning with `ok` or `FAIL` is printed for each test; exit code 1 if one has failed.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.kohsuke.github.GHCheckRun;
import org.kohsuke.github.GHCommitState;
import org.kohsuke.github.GHDeployKey;
import org.kohsuke.github.GHDeployment;
import org.kohsuke.github.GHDeploymentBuilder;
import org.kohsuke.github.GHDeploymentState;
import org.kohsuke.github.GHDeploymentStatus;
import org.kohsuke.github.GHEvent;
import org.kohsuke.github.GHEventPayload;
import org.kohsuke.github.GHFileNotFoundException;
import org.kohsuke.github.GHHook;
import org.kohsuke.github.GHOrganization;
import org.kohsuke.github.GHPermissionType;
import org.kohsuke.github.GHRef;
import org.kohsuke.github.GHRepository;
import org.kohsuke.github.GHTagObject;
import org.kohsuke.github.GHTeam;
import org.kohsuke.github.GHUser;
import org.kohsuke.github.GitHub;
import org.kohsuke.github.GitHubBuilder;
import org.kohsuke.github.HttpException;
import org.kohsuke.github.PagedIterable;

public final class Hub4jTest {
  private interface Test {
    void run() throws Exception;
  }

  private static int failures = 0;

  private final GitHub writer = connect("writer");
  private final GitHub admin = connect("admin");
  private final GHRepository shop = writer.getRepository("demo/shop");
  private final GHRepository adminsShop = admin.getRepository("demo/shop");
  private final GHOrganization demo = admin.getOrganization("demo");

  private Hub4jTest() throws Exception {}

  // A value that everything.py has created.
  private static String found(String name) {
    return Objects.requireNonNull(System.getenv("ESCLUSA_" + name.toUpperCase()), name);
  }

  private static GitHub connect(String token) throws Exception {
    return new GitHubBuilder()
        .withEndpoint(found("url") + "/api/v3").withOAuthToken(found(token)).build();
  }

  private static void equal(Object expected, Object actual) {
    if (!Objects.equals(expected, actual)) {
      throw new AssertionError("expected " + expected + ", got " + actual);
    }
  }

  private static void holds(boolean condition, String what) {
    if (!condition) throw new AssertionError(what);
  }

  // The call must fail. Returns the status of its error.
  private static int fails(Test call) throws Exception {
    try {
      call.run();
    } catch (GHFileNotFoundException error) {
      return 404;
    } catch (HttpException error) {
      return error.getResponseCode();
    }
    throw new AssertionError("it did not fail");
  }

  private static void test(String name, Test body) {
    try {
      body.run();
      System.out.println("ok   " + name);
    } catch (Throwable error) {
      failures += 1;
      System.out.println("FAIL " + name);
      error.printStackTrace(System.out);
    }
  }

  private GHDeploymentBuilder deploy(String environment) {
    return shop.createDeployment("main").autoMerge(false).requiredContexts(List.of())
        .environment(environment);
  }

  private void deployments() throws Exception {
    GHDeployment made = deploy("hub4j").payload("a text").description("The first").create();
    equal("hub4j", made.getEnvironment());
    equal("writer", made.getCreator().getLogin());
    equal("a text", made.getPayload());
    GHDeployment read = shop.getDeployment(made.getId());
    equal(List.of(made.getSha(), made.getRef(), made.getTask()),
        List.of(read.getSha(), read.getRef(), read.getTask()));
    List<GHDeployment> listed = shop.listDeployments(null, null, null, "hub4j").toList();
    equal(List.of(made.getId()), listed.stream().map(GHDeployment::getId).toList());
  }

  private void deploymentStatuses() throws Exception {
    GHDeployment made = deploy("hub4j-statuses").create();
    // Not IN_PROGRESS: the client writes it with a hyphen.
    for (GHDeploymentState state : List.of(GHDeploymentState.QUEUED,
        GHDeploymentState.PENDING, GHDeploymentState.SUCCESS)) {
      GHDeploymentStatus status = made.createStatus(state).description("So it is")
          .logUrl("https://ci.example.org/1").environmentUrl("https://shop.example.org/").create();
      equal(state, status.getState());
      equal("https://ci.example.org/1", status.getLogUrl().toString());
      equal("https://shop.example.org/", status.getEnvironmentUrl().toString());
    }
    equal(List.of(GHDeploymentState.SUCCESS, GHDeploymentState.PENDING,
        GHDeploymentState.QUEUED),
        made.listStatuses().toList().stream().map(GHDeploymentStatus::getState).toList());
  }

  private void pages() throws Exception {
    PagedIterable<GHDeployment> many = shop.listDeployments(null, null, null, "many");
    equal(250, many.withPageSize(100).toSet().size());
    equal(250, many.withPageSize(30).toList().size());
  }

  private void errors() throws Exception {
    equal(422, fails(() -> shop.createDeployment("nope").create()));
    equal(409, fails(() -> shop.createDeployment("clash/1").requiredContexts(List.of()).create()));
    equal(404, fails(() -> writer.getRepository("demo/nope")));
    GitHub wrong = new GitHubBuilder()
        .withEndpoint(found("url")).withOAuthToken("wrong").build();
    holds(!wrong.isCredentialValid(), "a wrong token is not valid");
    holds(writer.isCredentialValid(), "a token is valid");
  }

  private void refs() throws Exception {
    GHRef main = shop.getRef("heads/main");
    equal("refs/heads/main", main.getRef());
    equal(found("sha"), main.getObject().getSha());
    equal(404, fails(() -> shop.getRef("heads/nope")));
    List<String> heads = List.of(shop.getRefs("heads")).stream().map(GHRef::getRef).toList();
    holds(heads.contains("refs/heads/main") && heads.contains("refs/heads/late/1"), "" + heads);
    holds(heads.stream().allMatch(one -> one.startsWith("refs/heads/")), "" + heads);
    List<String> all = List.of(shop.getRefs()).stream().map(GHRef::getRef).toList();
    holds(all.containsAll(heads) && all.contains("refs/tags/v1.0"), "" + all);
  }

  private void tags() throws Exception {
    GHRef ref = shop.getRef("tags/v1.0");
    equal("tag", ref.getObject().getType());
    GHTagObject tag = shop.getTagObject(ref.getObject().getSha());
    equal("v1.0", tag.getTag());
    equal("Ada", tag.getTagger().getName());
    equal("commit", tag.getObject().getType());
    equal(List.of("v1.0"), shop.listTags().toList().stream().map(one -> one.getName()).toList());
  }

  private void commits() throws Exception {
    String sha = found("sha");
    equal(sha, shop.getBranch("main").getSHA1());
    holds(shop.getBranches().containsKey("feature/login"), "the branches");
    equal("Sell cheese", shop.getCommit(sha).getCommitShortInfo().getMessage());
    equal(sha, shop.listCommits().iterator().next().getSHA1());
    equal(1, shop.getCompare("v1.0", "main").getTotalCommits());
    equal(List.of(), shop.getCommit(sha).listPullRequests().toList());
  }

  private void commitStatuses() throws Exception {
    String sha = found("clash_sha");
    shop.createCommitStatus(sha, GHCommitState.SUCCESS, "https://ci.example.org/1", "Good",
        "hub4j");
    equal("hub4j", shop.getLastCommitStatus(sha).getContext());
    equal(GHCommitState.SUCCESS, shop.listCommitStatuses(sha).toList().get(0).getState());
  }

  private void checkRuns() throws Exception {
    String sha = found("clash_sha");
    GHCheckRun run = shop.createCheckRun("hub4j", sha)
        .withStatus(GHCheckRun.Status.IN_PROGRESS).create();
    GHCheckRun ended = run.update().withStatus(GHCheckRun.Status.COMPLETED)
        .withConclusion(GHCheckRun.Conclusion.SUCCESS).create();
    equal(GHCheckRun.Conclusion.SUCCESS, ended.getConclusion());
    equal(List.of("hub4j"),
        shop.getCheckRuns(sha).toList().stream().map(GHCheckRun::getName).toList());
  }

  private void hooks() throws Exception {
    GHHook hook = adminsShop.createHook("web",
        Map.of("url", found("receiver") + "/hub4j", "content_type", "json"),
        List.of(GHEvent.DEPLOYMENT, GHEvent.DEPLOYMENT_STATUS), true);
    GHHook read = adminsShop.getHook((int) hook.getId());
    equal(Set.of(GHEvent.DEPLOYMENT, GHEvent.DEPLOYMENT_STATUS), Set.copyOf(read.getEvents()));
    hook.ping();
    holds(adminsShop.getHooks().stream().anyMatch(one -> one.getId() == hook.getId()), "listed");
    hook.delete();
    equal(404, fails(() -> adminsShop.getHook((int) hook.getId())));
    holds(!demo.getHooks().isEmpty(), "the hooks of the organization");
  }

  private void deployKeys() throws Exception {
    List<GHDeployKey> keys = adminsShop.getDeployKeys();
    holds(keys.stream().anyMatch(one -> one.getTitle().equals("CI")), "listed");
    holds(keys.stream().allMatch(GHDeployKey::isVerified), "verified");
  }

  private void teams() throws Exception {
    GHTeam team = demo.createTeam("Hub4j").privacy(GHTeam.Privacy.CLOSED).create();
    equal("Hub4j", demo.getTeam(team.getId()).getName());
    equal(team.getId(), demo.getTeamBySlug(team.getSlug()).getId());
    GHUser member = admin.getUser("member");
    team.add(member, GHTeam.Role.MAINTAINER);
    holds(team.hasMember(member), "a member");
    holds(team.listMembers().toList().stream()
        .anyMatch(one -> one.getLogin().equals("member")), "the members of the team");
    team.add(adminsShop, GHOrganization.RepositoryRole.from(GHOrganization.Permission.PUSH));
    holds(team.getRepositories().containsKey("shop"), "the team's repositories");
    team.setDescription("They look");
    equal("They look", demo.getTeam(team.getId()).getDescription());
    team.remove(adminsShop);
    team.remove(member);
    holds(!team.hasMember(member), "no member any more");
    team.delete();
    equal(404, fails(() -> demo.getTeam(team.getId())));
    holds(demo.getTeams().containsKey("Night Watch"), "the teams of the organization");
    holds(adminsShop.getTeams().stream().anyMatch(one -> one.getName().equals("Night Watch")),
        "the teams of the repository");
  }

  private void collaborators() throws Exception {
    GHUser stranger = admin.getUser("stranger");
    adminsShop.addCollaborators(
        GHOrganization.RepositoryRole.from(GHOrganization.Permission.PUSH), stranger);
    holds(adminsShop.isCollaborator(stranger), "a collaborator");
    holds(adminsShop.getCollaboratorNames().contains("stranger"), "listed");
    equal(GHPermissionType.WRITE, adminsShop.getPermission("stranger"));
    adminsShop.removeCollaborators(stranger);
    holds(!adminsShop.isCollaborator(stranger), "no collaborator any more");
  }

  private void people() throws Exception {
    equal("writer", writer.getMyself().getLogin());
    holds(writer.getMyself().getAllRepositories().containsKey("shop"), "my repositories");
    holds(admin.getMyOrganizations().containsKey("demo"), "my organizations");
    holds(demo.getRepositories().containsKey("shop"), "the organization's repositories");
    holds(demo.hasMember(admin.getUser("member")), "a member of the organization");
    holds(demo.listMembers().toList().stream()
        .anyMatch(one -> one.getLogin().equals("member")), "the members are listed");
    adminsShop.setDescription("A shop");
    equal("A shop", admin.getRepository("demo/shop").getDescription());
    equal("main", adminsShop.getDefaultBranch());
  }

  private void rateLimit() throws Exception {
    GitHub limited = new GitHubBuilder().withEndpoint(found("limited_url"))
        .withOAuthToken(found("limited_reader")).build();
    equal(20, limited.getRateLimit().getCore().getLimit());
    holds(limited.getRateLimit().getSearch().getLimit() > 0, "a limit of searches");
    limited.getRateLimit().getGraphQL();
    limited.getRateLimit().getIntegrationManifest();
  }

  // Checks every kind of event that the client knows.
  private void events() throws Exception {
    Map<String, Class<? extends GHEventPayload>> kinds = Map.of(
        "deployment", GHEventPayload.Deployment.class,
        "deployment_status", GHEventPayload.DeploymentStatus.class,
        "status", GHEventPayload.Status.class,
        "check_run", GHEventPayload.CheckRun.class,
        "push", GHEventPayload.Push.class,
        "ping", GHEventPayload.Ping.class);
    Set<String> parsed = new TreeSet<>();
    ObjectMapper mapper = new ObjectMapper();
    for (String line : Files.readAllLines(Path.of(found("received")))) {
      JsonNode delivery = mapper.readTree(line);
      String event = delivery.get("event").asText();
      if (!kinds.containsKey(event)) continue;
      String body = delivery.get("body").asText();
      GHEventPayload payload =
          writer.parseEventPayload(new StringReader(body), kinds.get(event));
      equal(mapper.readTree(body).get("sender").get("login").asText(),
          payload.getSender().getLogin());
      if (payload.getRepository() != null) {
        equal("demo/shop", payload.getRepository().getFullName());
      }
      if (payload instanceof GHEventPayload.Deployment) {
        equal(mapper.readTree(body).get("deployment").get("id").asLong(),
            ((GHEventPayload.Deployment) payload).getDeployment().getId());
      }
      parsed.add(event);
    }
    equal(new TreeSet<>(kinds.keySet()), parsed);
  }

  public static void main(String[] arguments) throws Exception {
    Hub4jTest tests = new Hub4jTest();
    test("deployments are created, read and listed", tests::deployments);
    test("statuses of a deployment are reported and listed", tests::deploymentStatuses);
    test("250 deployments are listed by pages", tests::pages);
    test("errors are those of GitHub", tests::errors);
    test("a ref is read by its name, and refs are listed", tests::refs);
    test("tags are listed, and an annotated one is read", tests::tags);
    test("branches, commits and comparisons", tests::commits);
    test("commit statuses", tests::commitStatuses);
    test("check runs", tests::checkRuns);
    test("hooks of a repository and of an organization", tests::hooks);
    test("deploy keys", tests::deployKeys);
    test("teams by name and by number", tests::teams);
    test("collaborators", tests::collaborators);
    test("people, organizations and their repositories", tests::people);
    test("rate limits", tests::rateLimit);
    test("events", tests::events);
    System.exit(failures == 0 ? 0 : 1);
  }
}
