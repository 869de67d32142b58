#pragma once
#include <chrono>
#include <cstddef>

/// Every limit of the program on one page, each with its reason.
namespace esclusa::limits {
using namespace std::chrono_literals;

// Inbound HTTP. GitHub documents none of these; the defaults of nginx and Apache were the guide.
inline constexpr size_t header_bytes = 16 * 1024;   ///< clients send below 4 KiB
inline constexpr size_t body_bytes = 1024 * 1024;   ///< a payload (64 KiB) fits many times
inline constexpr size_t target_bytes = 8 * 1024;    ///< a URL; browsers have about the same limit
inline constexpr size_t connection_count = 12'000;  ///< below the descriptor limit of small servers
inline constexpr auto header_time = 10s;            ///< a slower client is an attacker or is gone
inline constexpr auto body_time = 30s;              ///< 1 MiB at 35 KB/s
inline constexpr auto idle_time = 60s;   ///< keep-alive; about as long as GitHub's load balancer
inline constexpr auto write_time = 30s;  ///< the client reads nothing for so long
inline constexpr auto drain_time = 10s;  ///< from SIGTERM to the end of the process
inline constexpr size_t stream_buffer_bytes = 256 * 1024;  ///< unread bytes; then the writer waits
inline constexpr size_t early_body_bytes = 64 * 1024;      ///< more only from who has a token
inline constexpr size_t buffer_bytes = 256 * 1024 * 1024;  ///< bodies and answers, all together
inline constexpr size_t write_progress_bytes = 64 * 1024;  ///< per `write_time`: 2 KiB/s
inline constexpr auto backlog_time = 100ms;    ///< a stop still accepts: a round trip, or some
inline constexpr auto stop_head_time = 250ms;  ///< for a head that is incomplete at a stop
inline constexpr auto give_up_time = 1s;       ///< for what hangs, after `drain_time`

// Lanes: threads and queues for the kinds of requests that wait.
inline constexpr size_t rows_threads = 4;                 ///< these compute; more gain nothing
inline constexpr size_t commit_threads = 64;              ///< each wait for a commit occupies one
inline constexpr size_t git_threads = 64;                 ///< as above, and git is asked before it
inline constexpr size_t git_threads_per_repository = 32;  ///< so that two fill no lane
inline constexpr size_t history_threads = 8;              ///< these compute, too
inline constexpr size_t history_threads_per_repository = 4;
/// Added to the niceness of those threads, so that the processor is first for who is answered soon.
inline constexpr int history_niceness = 10;
/// Of the processes that OpenSSH starts, and of their git: many clients at once are no reason for
/// the server to be slow.
inline constexpr int ssh_niceness = 5;
inline constexpr size_t keys_threads = 8;        ///< a look-up takes less than 1 ms
inline constexpr size_t admin_threads = 4;       ///< there is one administrator
inline constexpr size_t lane_threads_max = 256;  ///< of a lane, stuck ones too
inline constexpr size_t queued_requests = 1024;  ///< of a lane; beyond: 503, Retry-After
inline constexpr auto stuck_time = 2s;           ///< a thread that works for longer is replaced
inline constexpr auto request_time = 30s;        ///< proxies give up after 30 to 60 s
inline constexpr auto admin_time = 10min;        ///< a large repository is examined for minutes

// Clients that are remembered for rate limits and failed logins: 15 MB when full (measured).
inline constexpr size_t counted_clients = 50'000;
// Repeating a wrong token never helps; only a broken script reaches this limit.
inline constexpr size_t failed_logins = 1000;
inline constexpr auto failed_login_time = 10min;

// JSON.
inline constexpr size_t json_depth = 64;         ///< deeper JSON has broken other servers
inline constexpr size_t payload_bytes = 65'536;  ///< stored with every deployment and event
inline constexpr size_t number_chars = 64;       ///< longer numbers only cost time

// Fields. GitHub documents the environment name (255) and the status description (140).
inline constexpr size_t environment_chars = 255;
inline constexpr size_t status_description_chars = 140;
inline constexpr size_t description_chars = 1024;
inline constexpr size_t task_chars = 255;
inline constexpr size_t context_chars = 255;
inline constexpr size_t statuses_per_context = 1000;  ///< GitHub's, per commit and context
inline constexpr size_t check_output_chars =
    65'535;  ///< GitHub's, of a check run's summary and text
inline constexpr size_t annotations_per_request = 50;  ///< GitHub's
inline constexpr size_t annotations_per_run = 1000;    ///< twenty full requests
inline constexpr size_t idempotency_key_bytes = 255;
inline constexpr auto idempotency_time = 24h;  ///< how long a key is remembered
inline constexpr size_t ref_bytes = 1024;      ///< git refuses longer ref names on most systems
inline constexpr size_t url_bytes = 2048;
inline constexpr size_t login_chars = 39;             ///< GitHub's
inline constexpr size_t repository_name_chars = 100;  ///< GitHub's
inline constexpr size_t token_name_chars = 255;
inline constexpr size_t hook_secret_bytes = 255;
inline constexpr size_t key_title_chars = 255;
inline constexpr size_t public_key_bytes = 8 * 1024;  ///< an RSA key of 16384 bits takes 2.8 KB
inline constexpr size_t team_name_chars = 255;
inline constexpr size_t review_comment_chars = 1024;  ///< as long as a deployment's description

// Gates. GitHub documents the wait and the reviewers.
inline constexpr int wait_timer_minutes = 43'200;  ///< thirty days
inline constexpr size_t reviewers = 6;             ///< users and teams together
inline constexpr size_t branch_policies = 500;     ///< all are matched at each judgement
inline constexpr size_t branch_protections = 500;  ///< as above
inline constexpr size_t ref_pattern_bytes = 255;   ///< as long as a name in a file system
// Secrets and variables of an environment: GitHub's.
inline constexpr size_t environment_secrets = 100;
inline constexpr size_t environment_variables = 100;
inline constexpr size_t secret_bytes = 48 * 1024;  ///< of the plaintext
inline constexpr size_t variable_bytes = 48 * 1024;
inline constexpr size_t secret_name_chars = 255;  ///< as other names
inline constexpr auto former_box_key_time = 1h;   ///< a public key stays valid after a rotation
inline constexpr int resealed_rows = 100;         ///< in one transaction of a rotation
inline constexpr int variables_page_default = 10;
inline constexpr int variables_page_max = 30;

inline constexpr auto gate_timer_every = 1s;  ///< a wait timer opens at most this late

// Claims of deployments, and tokens of agents.
inline constexpr int claim_seconds_default = 60;   ///< two lost heartbeats of every 20 s
inline constexpr int claim_seconds_min = 10;       ///< a shorter one ends between two heartbeats
inline constexpr int claim_seconds_max = 3600;     ///< for so long nobody notices a dead agent
inline constexpr size_t agent_environments = 100;  ///< of a token: read with each that is new

// Lists: GitHub's.
inline constexpr int page_default = 30;
inline constexpr int page_max = 100;

// Reading git: GitHub's where it documents one.
inline constexpr size_t commit_message_bytes = 64 * 1024;  ///< in answers
inline constexpr size_t commit_parents = 100;              ///< git itself makes no wider merges
inline constexpr int64_t counted_commits = 10'000;         ///< beyond, lists have no last page
inline constexpr size_t compared_commits = 250;            ///< GitHub's, without pages
inline constexpr size_t diff_files = 3000;                 ///< GitHub's, of one commit
inline constexpr size_t diff_page_files = 300;             ///< GitHub's, per page
inline constexpr size_t diff_trees = 50'000;               ///< folders opened for one difference
inline constexpr size_t diff_depth = 1000;                 ///< folders in folders
inline constexpr size_t diff_blob_bytes = 1024 * 1024;  ///< lines of larger files are not compared
inline constexpr size_t diff_total_bytes = 32 * 1024 * 1024;  ///< half a second of comparing
inline constexpr size_t patch_bytes = 512 * 1024;             ///< of one file
inline constexpr size_t patch_total_bytes = 1024 * 1024;      ///< of one answer

// Git data in events. Every receiver gets it.
inline constexpr size_t event_branches = 10;                 ///< GitHub's, of a `status`
inline constexpr size_t event_branch_candidates = 64;        ///< branches that are searched
inline constexpr size_t event_branch_commits = 1000;         ///< read in the search: some 5 ms
inline constexpr size_t push_commits = 250;                  ///< GitHub sends up to 2,048
inline constexpr size_t push_files = 300;                    ///< per commit
inline constexpr size_t push_total_bytes = 1 * 1024 * 1024;  ///< messages and names of a push

// Webhooks.
inline constexpr size_t hooks_per_event = 20;           ///< GitHub's, per repository and event
inline constexpr auto delivery_time = 10s;              ///< GitHub's
inline constexpr auto delivery_connect_time = 5s;       ///< half of it, so that an answer fits
inline constexpr size_t delivery_concurrency = 64;      ///< open sends in all
inline constexpr size_t delivery_hook_concurrency = 4;  ///< open sends per hook
inline constexpr size_t kept_response_bytes = 8 * 1024;
inline constexpr size_t kept_header_bytes = 16 * 1024;
inline constexpr int replayed_deliveries = 10'000;    ///< in one transaction, a second at most
inline constexpr auto former_secret_time = 24h;       ///< time for receivers to change theirs
inline constexpr auto former_secret_time_max = 168h;  ///< a longer overlap defeats the change

// What is live.
inline constexpr int live_listed = 100;    ///< waiting or transient deployments of a row
inline constexpr int live_scanned = 1000;  ///< rows examined for one page
inline constexpr int live_repaired = 500;  ///< rows made again in one transaction

// The feed of events.
inline constexpr int feed_page_events = 100;            ///< as long as a page of a list
inline constexpr size_t feed_page_bytes = 1024 * 1024;  ///< a hundred ordinary events
inline constexpr int feed_scan_events = 1000;           ///< examined for one page
inline constexpr auto feed_wait = 60s;                  ///< proxies give up soon after
inline constexpr auto feed_heartbeat = 15s;             ///< proxies' idle time is 30 s or more
inline constexpr auto feed_check_time = 3s;             ///< a revoked token's stream ends so soon
inline constexpr auto feed_gather_time = 2ms;           ///< between two reads, under load
inline constexpr size_t feed_streams = 1000;            ///< open at once, waiting ones too
inline constexpr int64_t deployment_log_bytes = 16 * 1024 * 1024;  ///< an agent's 10 MiB, and more
inline constexpr int64_t deployment_log_parts = 50'000;  ///< one every two seconds for a day

// Storage.
inline constexpr size_t commit_batch = 256;    ///< closures per group commit
inline constexpr int transaction_tries = 5;    ///< of a change that conflicts with another one
inline constexpr auto snapshot_time = 10s;     ///< of reading rows for one answer
inline constexpr size_t queued_writes = 4096;  ///< beyond: 503 and Retry-After
inline constexpr auto token_use_every = 60s;   ///< last_used_at is written at most this often

// What is kept of rows, so that it is not read again (docs/decisions/0031).
inline constexpr size_t kept_bytes = 64 * 1024 * 1024;         ///< some 15,000 deployments, as JSON
inline constexpr size_t kept_answer_bytes = 32 * 1024 * 1024;  ///< some 300 pages of 30 of them

// The log, /livez and /readyz.
inline constexpr size_t log_waiting_bytes = 1024 * 1024;  ///< some 4,000 lines; older are dropped
inline constexpr auto log_flush_time = 200ms;             ///< at the end; then nobody reads the log
inline constexpr auto loop_turn_time = 60s;  ///< of a background loop; more than a slow disk takes
inline constexpr auto readiness_every = 1s;  ///< a row is read, for /readyz
inline constexpr auto readiness_time = 10s;  ///< without an answer of the database: not ready

inline constexpr auto ref_intent_time = 10min;  ///< an older open merge is settled from its ref

// SSH.
inline constexpr auto key_lookup_time = 2s;         ///< sshd's client waits for it
inline constexpr auto ssh_session_check_time = 2s;  ///< a revoked key's session ends so soon
inline constexpr size_t ssh_sessions = 1000;        ///< open at once: each holds a connection
inline constexpr int64_t pushed_bytes = 1024 * 1024 * 1024;  ///< of one push
inline constexpr auto ssh_keygen_time = 5s;                  ///< it takes some 10 ms

// Agent.
inline constexpr size_t run_log_bytes = 10 * 1024 * 1024;  ///< a log's kept part
inline constexpr auto run_time_default = 15min;
inline constexpr auto run_kill_after = 10s;  ///< from SIGTERM to SIGKILL
}  // namespace esclusa::limits
