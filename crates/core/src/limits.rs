//! Every limit there is, in one place. Units end the names.

use crate::words::Seniority;

/// Wall time of a criterion's command where the criterion does not say, in seconds.
pub const CHECK_TIMEOUT_S: u32 = 300;
/// The longest wall time that a criterion or the `run` tool may ask for, in seconds.
pub const COMMAND_TIMEOUT_MAX_S: u32 = 3_600;
/// Wall time of the `run` tool where the model does not say, in seconds.
pub const RUN_TIMEOUT_S: u32 = 120;
/// Set-up commands of a run.
pub const SETUPS: usize = 8;
/// Key files of a set-up command, and paths that come out of it.
pub const SETUP_PATHS: usize = 16;
/// Connections that a command has through the proxy at a time.
pub const PROXY_CONNECTIONS: usize = 64;
/// How long the proxy waits for a host to answer, in milliseconds.
pub const PROXY_CONNECT_MS: u64 = 10_000;
/// Entries of one list of a scope's bounds.
pub const BOUNDS: usize = 64;
/// The longest name of a host, in bytes (RFC 1035, section 2.3.4, without the last dot).
pub const HOST_BYTES: usize = 253;
/// Wall time of a set-up command where the configuration says nothing, in seconds.
pub const SETUP_TIMEOUT_S: u32 = 900;
/// How long a program that is talked to may be there, in milliseconds: longer than every run.
pub const TALKER_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// The longest name of a foreign tool that every provider takes, in bytes.
pub const FOREIGN_NAME_BYTES: usize = 64;
/// What a model is told of a foreign tool in its server's words, in bytes.
pub const FOREIGN_DESCRIPTION_BYTES: usize = 2 * 1024;
/// The schema of a foreign tool's arguments, in bytes of its JSON; a tool with a longer one is not offered.
pub const FOREIGN_SCHEMA_BYTES: usize = 16 * 1024;
/// Foreign tools of a run.
pub const FOREIGN_TOOLS: usize = 128;
/// MCP servers of a configuration.
pub const SERVERS: usize = 16;
/// Pages in which a server may list its tools.
pub const SERVER_PAGES: usize = 16;
/// How long a server may take until it has said which tools it has, in milliseconds.
pub const SERVER_START_MS: u64 = 60_000;
/// Seconds after which a call of a foreign tool is given up where the configuration says nothing.
pub const SERVER_TIMEOUT_S: u32 = 120;
/// How much a server may say between two things that it is asked, in bytes.
pub const SERVER_BYTES: u64 = 16 * 1024 * 1024;
/// Calls of servers that are on their way at the same time.
pub const SERVERS_AT_ONCE: usize = 16;
/// Servers that are programs and there at the same time, at all desks of a run.
pub const SERVER_PROGRAMS: usize = 64;
/// How often a server that is gone is started again at the same desk.
pub const SERVER_RESTARTS: u8 = 3;
/// How much of a command's output is kept at each end, in bytes.
pub const OUTPUT_END_BYTES: usize = 16 * 1024;
/// Output of a command after which it is stopped, in bytes; all of it is kept.
pub const OUTPUT_BYTES: usize = 16 * 1024 * 1024;
/// How long a command may say nothing where the configuration says nothing, in seconds.
pub const COMMAND_IDLE_S: u64 = 600;
/// CPU time of a command where the configuration says nothing, in seconds.
pub const COMMAND_CPU_S: u64 = 4 * 3_600;
/// Memory of a command where the configuration says nothing, in MiB.
pub const COMMAND_MEMORY_MB: u64 = 8 * 1024;
/// Processes and threads of a command where the configuration says nothing: a compiler on many cores has hundreds.
pub const COMMAND_PROCESSES: u64 = 4_096;
/// Files that one process of a command has open where the configuration says nothing.
pub const COMMAND_OPEN_FILES: u64 = 16 * 1024;
/// How much a command's folders may grow where the configuration says nothing, and its largest file, in MiB.
pub const COMMAND_DISK_MB: u64 = 10 * 1024;
/// Each file system in memory that a command has at the highest sandbox level, in bytes.
pub const SHARED_MEMORY_BYTES: u64 = 512 * 1024 * 1024;
/// What a warden is told of a command, in bytes: its text, its environment, its places.
pub const INSTRUCTION_BYTES: usize = 8 * 1024 * 1024;
/// The longest result of a tool that a model is given, in bytes.
pub const TOOL_RESULT_BYTES: usize = 48 * 1024;
/// The largest file that a tool reads or writes, in bytes.
pub const FILE_BYTES: usize = 4 * 1024 * 1024;
/// Texts that one call of `edit` replaces.
pub const EDITS: usize = 100;
/// Files that one patch may change.
pub const PATCH_FILES: usize = 100;
/// Hunks that one patch may have: each is looked for in all of its file.
pub const PATCH_HUNKS: usize = 500;
/// The longest answer of a provider, in bytes.
pub const REPLY_BYTES: usize = 8 * 1024 * 1024;
/// How much of a provider's error message is kept, in characters.
pub const ERROR_CHARS: usize = 500;

/// How long a connection to a provider may take, in milliseconds.
pub const CONNECT_TIMEOUT_MS: u64 = 10_000;
/// How long a provider may take to begin its answer, in milliseconds; a long prompt takes a while to read.
pub const HEADERS_TIMEOUT_MS: u64 = 180_000;
/// How long a provider may be silent in the middle of an answer, in milliseconds.
pub const IDLE_TIMEOUT_MS: u64 = 60_000;
/// The same where the gateway passes an answer on, in milliseconds: some providers think for minutes without a sign.
pub const RELAY_IDLE_MS: u64 = 600_000;
/// How long a connection to a provider is kept for the next call, in milliseconds.
pub const POOL_IDLE_MS: u64 = 15_000;
/// How long one call may take from sending to the end of the answer, in milliseconds.
pub const CALL_TIMEOUT_MS: u64 = 20 * 60 * 1_000;
/// How long a call with money may wait before it is sent, in milliseconds: its promise holds for that and the call.
pub const CALL_PATIENCE_MS: u64 = 10 * 60 * 1_000;

/// How long a call with money waits for a provider that lets nobody go, in milliseconds: more than the least rest of a
/// model, so that another one is asked.
pub const SHUT_PATIENCE_MS: u64 = 15_000;

/// Phases of a plan.
pub const PHASES: usize = 20;
/// Sections of a plan.
pub const SECTIONS: usize = 200;
/// Tasks of a section over its whole life.
pub const TASKS_PER_SECTION: usize = 1_000;
/// Commands that the engine's own plan checks at most.
pub const CHECKS_FOUND: usize = 12;
/// Criteria of one list.
pub const CRITERIA: usize = 50;
/// The length of a name or a title, in bytes.
pub const NAME_BYTES: usize = 120;
/// The length of a path, in bytes; Linux takes no longer one.
pub const PATH_BYTES: usize = 4_096;
/// The largest file that is looked at for what was done to tests, in bytes.
pub const JUDGED_BYTES: u64 = 1024 * 1024;
/// The most of a patch that is looked through for what it brings, in bytes.
pub const DIFF_LOOKED_BYTES: usize = 8 * 1024 * 1024;
/// Results that are brought into a branch together, at most.
pub const MERGES: usize = 64;
/// How often a command that passed at an attempt's seam is run again,
pub const CONFIRM_RUNS: u16 = 4;
/// and for how long at most, in milliseconds.
pub const CONFIRM_MS: u64 = 2_000;
/// Files that are made to fail together, to see whether a command can.
pub const CANARIES: usize = 500;
/// How much of a server's answer is looked at, in bytes.
pub const PROBE_BODY_BYTES: usize = 1024 * 1024;
/// How long a server of a command has to take a connection, in milliseconds.
pub const CONNECT_MS: u64 = 1_000;
/// How long to wait before a server that does not answer yet is asked again, in milliseconds.
pub const PROBE_PAUSE_MS: u64 = 50;
/// How much context a contract's worker works well with at most, in tokens. From the figures of people who measured where
/// models lose track (10,000 for small models, 60,000 for middle ones), spread over the seniorities.
#[must_use]
pub const fn context_best_tokens(seniority: Seniority) -> u64 {
    match seniority {
        Seniority::Intern => 10_000,
        Seniority::Junior => 20_000,
        Seniority::Mid => 40_000,
        Seniority::Senior => 60_000,
        Seniority::Staff => 80_000,
        Seniority::Principal => 100_000,
    }
}
/// How many lines of a Reviewer's quote are looked for.
pub const QUOTED_LINES: usize = 20;
/// Verdicts that are remembered by what was looked at.
pub const VERDICTS_KEPT: usize = 10_000;
/// The length of a JSON schema that stands in a criterion itself, in bytes.
pub const SCHEMA_BYTES: usize = 8 * 1024;
/// The length of one text of a plan, a contract or a memo, in bytes.
pub const TEXT_BYTES: usize = 16 * 1024;
/// The length of an Owner's intent, in bytes.
pub const INTENT_BYTES: usize = 64 * 1024;
/// The length of a refusal that a model is given, in bytes.
pub const REFUSAL_BYTES: usize = 1_000;
/// The length of a conclusion, in bytes: what a tier hands up is short.
pub const CONCLUSION_BYTES: usize = 2_000;
/// How a worker knows that a criterion is met, in bytes.
pub const CLAIM_NOTE_BYTES: usize = 400;
/// The length of a memo, in bytes.
pub const MEMO_BYTES: usize = 4_000;
/// The length of a commit's subject, in bytes.
pub const SUBJECT_BYTES: usize = 72;
/// The length of the reason for a path, in bytes.
pub const TRIAGE_REASON_BYTES: usize = 300;
/// How much of the reason for a task's seniority and mode its event keeps, in bytes.
pub const REASON_BYTES: usize = 300;
/// Memos that one Manager may send.
pub const MEMOS_PER_MANAGER: u32 = 50;

/// Turns of one agent.
pub const TURNS: u16 = 200;
/// Turns of the Orchestrator, once the plan is approved: it serves all sections, one matter after the other.
pub const ORCHESTRATOR_TURNS: u16 = 4_000;
/// Requests and returned sections that the Orchestrator is told of in one turn.
pub const MATTERS_AT_ONCE: usize = 10;
/// Returned sections, and sections that came to nothing, that the Orchestrator is told of in one turn: each with its plan.
pub const SECTIONS_AT_ONCE: usize = 3;
/// What a turn of the Orchestrator shows of these sections' plans together, in bytes.
pub const SECTIONS_BYTES: usize = 6 * 1024;
/// What a turn of the Orchestrator shows of the reasons for them together, in bytes.
pub const MATTERS_BYTES: usize = 4 * 1024;
/// What the Orchestrator is shown of the intent once the plan is approved, in bytes; constraints may have as much again.
pub const INTENT_IN_SHORT_BYTES: usize = 2_500;
/// What the Orchestrator is shown of the approved plan, in bytes.
pub const PLAN_IN_SHORT_BYTES: usize = 8_000;
/// Sections that are told one by one before the last report; of further ones only the names.
pub const SECTIONS_TOLD: usize = 30;
/// Tool calls in one reply.
pub const CALLS_PER_REPLY: usize = 64;
/// Times that one call is made again after a passing fault.
pub const CALL_RETRIES: u8 = 4;
/// Times that one call may be tried before nobody is asked any more who might not have the fault of the others.
pub const FAILOVERS: u8 = 12;
/// The first pause before a call is made again, in milliseconds; it doubles each time.
pub const RETRY_BASE_MS: u64 = 500;
/// The longest pause before a call is made again, in milliseconds.
pub const RETRY_MAX_MS: u64 = 60_000;
/// Faults in a row after which a model rests.
pub const REST_AFTER_FAULTS: u32 = 3;
/// The first rest of a model, in milliseconds; it doubles each time.
pub const REST_BASE_MS: u64 = 10_000;
/// The longest rest of a model that only fails, in milliseconds.
pub const REST_MAX_MS: u64 = 10 * 60 * 1_000;
/// The rest of a model whose provider does not want us, in milliseconds.
pub const SHUT_MS: u64 = 30 * 60 * 1_000;
/// Attempts of one task.
pub const ATTEMPTS_PER_TASK: u32 = 8;
/// Times that a plan may come back with findings.
pub const PLAN_REPAIRS: u8 = 3;
/// Times that the Owner may send a plan back to the Orchestrator.
pub const PLAN_REVISIONS: u8 = 5;
/// Times that others may come in the place of a section, and again in theirs.
pub const REPLANS_PER_LINE: usize = 2;
/// How long the Orchestrator has to replan a section, in milliseconds: a call with all that it may wait for, and another.
pub const REPLAN_DEADLINE_MS: u64 = 60 * 60 * 1_000;
/// Times that a Manager's report may come back with failing criteria.
pub const REPORT_REPAIRS: u8 = 3;
/// Replies in a row without a tool call before an agent is given up.
pub const IDLE_REPLIES: u8 = 3;
/// Turns in a row without any change after which an agent is told so.
pub const STILL_TURNS_TOLD: u16 = 5;
/// Turns in a row without any change after which an agent ends.
pub const STILL_TURNS_END: u16 = 10;
/// The most that a request of the Orchestrator should have while it plans, in tokens by the bound: a byte each.
pub const PLANNING_CONTEXT_TOKENS: u64 = 600_000;
/// The same once the plan is approved, however many sections there are.
pub const ORCHESTRATOR_CONTEXT_TOKENS: u64 = 40_000;
/// The same of a Manager.
pub const MANAGER_CONTEXT_TOKENS: u64 = 400_000;
/// The same of a worker or Reviewer: more than a contract with all its context.
pub const WORKER_CONTEXT_TOKENS: u64 = 600_000;
/// Turns before the present one whose results are shown whole when older ones are a line each.
pub const TURNS_WITH_RESULTS: u32 = 4;
/// Turns before the present one that are still shown where an agent took no notes.
pub const TURNS_KEPT_IN_A_CUT: u32 = 3;
/// The notes of an agent, in bytes.
pub const NOTES_BYTES: usize = 8_000;
/// Decisions of a kind that the Orchestrator is reminded of.
pub const RECALLED_AT_MOST: usize = 20;
/// Answers and trees of which an agent's run remembers that they are not new.
pub const ANSWERS_SEEN: usize = 64;
/// How long an attempt's agent may stand still where the configuration says nothing, in seconds: longer than the longest
/// command, and than a call with all that it may wait for.
pub const ATTEMPT_IDLE_S: u32 = 75 * 60;
/// How long an attempt may take where the configuration says nothing, in seconds.
pub const ATTEMPT_S: u32 = 4 * 3_600;
/// How long a Manager may take for its section where the configuration says nothing, in seconds.
pub const SECTION_S: u32 = 24 * 3_600;
/// How long the Owner has for a question, in milliseconds; afterwards the Orchestrator decides by itself.
pub const QUESTION_DEADLINE_MS: u64 = 15 * 60 * 1_000;
/// How long a BLOCKER memo holds a task up, in milliseconds; afterwards its Manager decides without an answer.
pub const MEMO_DEADLINE_MS: u64 = 10 * 60 * 1_000;
/// How long a request for money may wait for its decision, in milliseconds; afterwards it is denied.
pub const REQUEST_DEADLINE_MS: u64 = 15 * 60 * 1_000;

/// How long the two advisers of a second opinion have, in milliseconds; whoever has not answered by then is not heard.
pub const OPINION_DEADLINE_MS: u64 = 20 * 60 * 1_000;
/// How long the synthesis of two answers may take, in milliseconds; afterwards both answers are handed on as they are.
pub const SYNTHESIS_DEADLINE_MS: u64 = 10 * 60 * 1_000;
/// Turns of an adviser or a Synthesist.
pub const ADVISER_TURNS: u16 = 25;
/// Second opinions that the Orchestrator may ask for.
pub const OPINIONS_OF_ORCHESTRATOR: usize = 12;
/// Second opinions that one Manager may ask for.
pub const OPINIONS_OF_MANAGER: usize = 3;
/// Files that are shown with a question to advisers.
pub const OPINION_FILES: usize = 20;
/// The length of an adviser's answer with its risks, in bytes.
pub const OPINION_BYTES: usize = 8_000;
/// Lines of a synthesis' agreements or disagreements.
pub const SYNTHESIS_LINES: usize = 20;

/// Tokens that a provider may add to a request unseen: framing and hidden tool prompts.
pub const HIDDEN_INPUT_TOKENS: u64 = 2_048;
/// Tokens of the description that a provider has of its own for a tool of a known type. Anthropic's documentation tells 735
/// for the use of a computer, 700 for the text editor, and fewer for the others.
pub const HIDDEN_TOOL_TOKENS: u64 = 1_024;
/// Tokens that one picture may have beyond its bytes. The most that any provider makes of one is 48,169: OpenAI's guide to
/// images counts 2,833 and 5,667 for each of at most eight tiles for gpt-4o-mini.
pub const IMAGE_TOKENS: u64 = 49_152;
/// Fields that the body of a request may have at the top.
pub const REQUEST_FIELDS: usize = 256;
/// The least output that a call is worth making for, in tokens.
pub const OUTPUT_TOKENS_MIN: u64 = 1_024;

/// Inputs that wait for the run loop.
pub const QUEUE: usize = 4_096;
/// Inputs that are committed in one transaction.
pub const BATCH: usize = 512;
/// Calls that are on their way at one time.
pub const CALLS_IN_FLIGHT: usize = 64;
/// Calls that one lane of the governor lets be on their way at one time, where the configuration says nothing.
pub const GOVERNED_AT_ONCE: u32 = 1_024;
/// The same before the first answer.
pub const GOVERNED_AT_FIRST: u32 = 64;
/// Faults in a row after which a provider is taken to be down.
pub const BREAKER_FAULTS: u32 = 5;
/// Refusals in a row, pauses kept, after which a provider is taken to limit the calls at one time.
pub const FRUITLESS_REFUSALS: u32 = 3;
/// Commands, checkouts and merges that run at one time.
pub const COMMANDS_AT_ONCE: usize = 4;
/// How often the inbox of other processes is read, in milliseconds.
pub const INBOX_POLL_MS: u64 = 40;
/// Turns that an Orchestrator keeps for its last report.
pub const REPORT_TURNS: usize = 5;
/// The part of its limit that a Manager's workers can't spend, in percent: it pays for the report.
pub const REPORT_RESERVE_PCT: u64 = 10;
/// Agents of one role and seniority of which a finished run tells how they worked.
pub const AGENTS_SAMPLED: usize = 50;
/// Sections of which a finished run tells what they took.
pub const SECTIONS_SAMPLED: usize = 50;
/// The fewest agents, or sections, of earlier runs that a quote believes.
pub const SAMPLES_MIN: usize = 3;
/// Earlier runs that a quote is made from.
pub const RUNS_QUOTED: usize = 20;
/// Journals of earlier runs that are read at one time, where nobody has yet written down what is in them.
pub const JOURNALS_READ: usize = 20;
/// Files, paths or faults that one event names at most.
pub const NAMED_AT_MOST: usize = 12;

/// The largest blob, in bytes.
pub const BLOB_BYTES: usize = 32 * 1024 * 1024;
/// Blobs that are kept in memory for the next reader, in bytes of their contents.
pub const BLOB_CACHE_BYTES: usize = 64 * 1024 * 1024;
/// What payloads were before secrets were taken out of them, as long as somebody may have to work on it, in bytes.
pub const TRUTH_BYTES: usize = 64 * 1024 * 1024;
/// Trees of commits that are remembered.
pub const TREES_KNOWN: usize = 16 * 1024;
/// Entries at pinned paths that are remembered.
pub const PINNED_KNOWN: usize = 64 * 1024;
/// Blobs that are written or read on disk at one time: more threads than this make the disk slower.
pub const BLOBS_AT_ONCE: usize = 16;
/// Records that a fold reads from the journal at one time.
pub const JOURNAL_PAGE: usize = 5_000;
/// How often the log of a run is written on from its journal, in milliseconds.
pub const LOG_POLL_MS: u64 = 200;
/// How often what was written of a log is put on the disk and anchored, in milliseconds.
pub const ANCHOR_EVERY_MS: u64 = 1_000;
/// How long a query of `trireme sql` may take, in seconds, once everything is told.
pub const SQL_SECONDS: u64 = 60;
/// How much of an answer to it is held in memory, in bytes.
pub const SQL_ANSWER_BYTES: usize = 512 * 1024 * 1024;
/// How long a statement waits for another process's transaction, in milliseconds.
pub const JOURNAL_BUSY_MS: u64 = 10_000;
/// The longest command of another process, in bytes.
pub const COMMAND_BYTES: usize = 128 * 1024;
/// Commands of other processes that may wait for the owner of a run.
pub const COMMANDS_PENDING: usize = 1_000;

/// The longest answer of git that is held in memory, in bytes.
pub const GIT_OUTPUT_BYTES: usize = 64 * 1024 * 1024;
/// Wall time of one call of git, in seconds.
pub const GIT_TIMEOUT_S: u64 = 300;
/// Commits that the `git` tool lists where the model does not say.
pub const GIT_COMMITS: u32 = 20;
/// The most commits that the `git` tool lists.
pub const GIT_COMMITS_MAX: u32 = 200;
/// Commits that the `git` tool looks at for each that it lists, where some are withheld.
pub const GIT_COMMITS_PASSED: u32 = 20;
/// Paths that one patch of the `git` tool is made of.
pub const GIT_PATHS: usize = 500;
/// Folders that are made ahead for each section of a phase: for an attempt, and for a check.
pub const FOLDERS_AHEAD: usize = 2;
/// Folders that are made ahead at most.
pub const FOLDERS_AHEAD_MAX: usize = 8;
/// Folders that a run keeps for whoever comes next, once somebody has worked in them.
pub const FOLDERS_KEPT: usize = 24;
/// What is kept free on the disk of a run before folders are kept, in bytes.
pub const FOLDERS_FREE_BYTES: u64 = 1024 * 1024 * 1024;
/// Of the files and folders that one person may watch, we watch one in so many at most: editors want some too.
pub const WATCHES_SHARE: usize = 4;
/// Files that `list` and `search` look at.
pub const WALK_FILES: usize = 50_000;
/// How much of one line `search` and `edit` show, in bytes.
pub const LINE_BYTES: usize = 400;
/// From SIGTERM to SIGKILL, in milliseconds.
pub const TERM_GRACE_MS: u64 = 300;
/// How long a warden that was let go has to kill what it watches, in milliseconds.
pub const WARDEN_PATIENCE_MS: u64 = 5_000;
/// How often it is looked at what a command uses up, in milliseconds.
pub const WATCH_MS: u64 = 250;
/// How often a command's folders are counted at least, in milliseconds.
pub const DISK_COUNT_MS: u64 = 5_000;
/// How long output is still read after a command's exit, in milliseconds: a daemon may hold the pipe.
pub const DRAIN_MS: u64 = 300;
/// File tools that run at one time.
pub const FILE_TOOLS_AT_ONCE: usize = 16;
/// How often the view of a run is drawn anew at most, in milliseconds.
pub const VIEW_EVERY_MS: u64 = 50;

/// Roles of files that a run takes: the first ones by their names.
pub const ROLES: usize = 32;
/// The length of a role's file, in bytes.
pub const ROLE_BYTES: usize = 32 * 1024;
/// How much of a role's description is shown to whoever chooses by it, in bytes.
pub const ROLE_DESCRIPTION_BYTES: usize = 240;
/// The length of a role's system prompt, in words.
pub const ROLE_PROMPT_WORDS: usize = 1_200;
/// How much of a failing command's output an agent is shown, in bytes.
pub const EVIDENCE_BYTES: usize = 2_000;
/// How much of the conclusions and findings of others one answer shows, in bytes.
pub const ANSWER_BYTES: usize = 24 * 1024;
/// How much of a single conclusion or finding is shown however many there are, in bytes.
pub const ANSWER_SHARE_BYTES: usize = 80;
/// How much of all conclusions together the Orchestrator is shown before its report, in bytes.
pub const CLOSING_BYTES: usize = 6 * 1024;
/// How much of a repository's own instructions the Orchestrator is given, in bytes.
pub const INSTRUCTIONS_BYTES: usize = 16 * 1024;
/// How many folders above a path are asked for instructions.
pub const FOLDERS_DEEP: usize = 32;
/// The context files of one contract together, in bytes.
pub const CONTEXT_BYTES: usize = 256 * 1024;
/// The largest file that is read for its signatures, in bytes.
pub const STUB_SOURCE_BYTES: usize = 256 * 1024;
/// The most work in reading a file for its signatures, in hundreds of the parser's steps. A clock would make a prompt that
/// differs from one turn to the next; steps are the same each time.
pub const STUB_PARSE_STEPS: u32 = 8_000;
/// How much of a file may be unreadable before all of it is shown in place of its signatures, in percent.
pub const STUB_ERROR_PCT: usize = 20;
/// The longest value of a constant, a default or a field that is shown among signatures, in bytes.
pub const STUB_VALUE_BYTES: usize = 80;
/// How deep a signature may be nested to be shown.
pub const STUB_DEPTH: usize = 200;
/// The longest diff that a Reviewer is given, in bytes.
pub const DIFF_BYTES: usize = 96 * 1024;
/// Merged tasks whose criteria are shown to whoever must not break them.
pub const HELD_SHOWN: usize = 40;
/// Memos for information that an agent is given whole in one turn; where there are more, only their heads.
pub const FYIS_WHOLE: usize = 3;
/// How much of a memo for information is shown where there are many, in bytes.
pub const FYI_BYTES: usize = 200;
/// What is kept free on the disk of a run, in bytes: below that nothing starts, and what ended does not count.
pub const DISK_FREE_BYTES: u64 = 8 * 1024 * 1024;
