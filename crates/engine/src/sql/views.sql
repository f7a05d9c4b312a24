-- What can be asked. Names and columns stay; new ones may come at the end of a view. `docs/log.md` lists them.
-- Money is in dollars (a float, for people) and in nanodollars (an integer, exact). /*of …*/ is where one run is chosen.

CREATE TEMP VIEW runs AS
SELECT name AS run, state, outcome, began, last_event, events, total_nanos / 1e9 AS total_usd, spent_nanos / 1e9 AS spent_usd,
       reserved_nanos / 1e9 AS reserved_usd, total_nanos, spent_nanos, reserved_nanos, project
FROM main.run /*of run.id*/;

CREATE TEMP VIEW events AS
SELECT run.name AS run, seq, timestamp, trace_id, manager_id, agent_id, event_type, detail, cost_nanos / 1e9 AS cost_usd,
       cost_nanos, provider, model, payload_ref, coalesce(section, 'orchestrator') AS manager, phase, section, task, attempt,
       span_id, parent_span_id, role, seniority, served_model, price_version, tokens_input, tokens_cache_read,
       tokens_cache_write, tokens_cache_write_1h, tokens_output, latency_ms, failure
FROM main.line JOIN main.run ON run.id = line.run /*of line.run*/;

CREATE TEMP VIEW calls AS
SELECT run, seq, timestamp, manager, phase, task, attempt, agent_id AS agent, role, seniority, provider, model, served_model,
       served_model IS NOT NULL AS answered, failure, tokens_input, tokens_cache_read, tokens_cache_write,
       tokens_cache_write_1h, tokens_output, latency_ms, cost_usd, cost_nanos, price_version, span_id, payload_ref
FROM events WHERE event_type = 'llm_call';

CREATE TEMP VIEW costs AS
SELECT run.name AS run, coalesce(section, 'orchestrator') AS manager, phase, task, agent_id AS agent, role, seniority, provider,
       model, count(*) AS calls, sum(served_model IS NULL) AS failed,
       coalesce(sum(tokens_input + tokens_cache_read + tokens_cache_write + tokens_cache_write_1h), 0) AS tokens_in,
       coalesce(sum(tokens_cache_read), 0) AS tokens_cache_read,
       coalesce(sum(tokens_cache_write + tokens_cache_write_1h), 0) AS tokens_cache_write,
       coalesce(sum(tokens_output), 0) AS tokens_out, sum(latency_ms) AS latency_ms,
       sum(cost_nanos) / 1e9 AS cost_usd, sum(cost_nanos) AS cost_nanos
FROM main.line JOIN main.run ON run.id = line.run
WHERE event_type = 'llm_call' /*and line.run*/
GROUP BY line.run, section, phase, task, agent_id, role, seniority, provider, model;

CREATE TEMP VIEW memos AS
SELECT run.name AS run, memo.memo, memo.seq, line.timestamp, memo.sender, memo.recipient, memo.priority, memo.topic,
       line.task AS held_task, line.payload_ref, memo_end.seq AS closed_seq, memo_end.answered_by
FROM main.memo JOIN main.run ON run.id = memo.run
JOIN main.line ON line.run = memo.run AND line.seq = memo.seq
LEFT JOIN main.memo_end ON memo_end.run = memo.run AND memo_end.memo = memo.memo /*of memo.run*/;

CREATE TEMP VIEW verdicts AS
SELECT run.name AS run, verdict.seq, line.timestamp, coalesce(line.section, 'orchestrator') AS manager, line.phase, line.task,
       line.attempt, line.agent_id AS agent, verdict.about, verdict.criterion, verdict.verdict, verdict.before,
       verdict.evidence, verdict.payload_ref
FROM main.verdict JOIN main.run ON run.id = verdict.run
JOIN main.line ON line.run = verdict.run AND line.seq = verdict.seq /*of verdict.run*/;

CREATE TEMP VIEW budget_moves AS
SELECT run.name AS run, move.seq, line.timestamp, move.kind, move.source, move.target, move.nanos / 1e9 AS amount_usd,
       move.nanos AS amount_nanos, move.request, line.payload_ref AS reason_ref
FROM main.move JOIN main.run ON run.id = move.run
JOIN main.line ON line.run = move.run AND line.seq = move.seq /*of move.run*/;

-- What agents did, one row each. A checkpoint is the number of its event: the run up to there can be looked at again.
CREATE TEMP VIEW steps AS
SELECT run, seq AS checkpoint, timestamp, manager, phase, task, attempt, agent_id AS agent, role, seniority, event_type AS step,
       cost_usd AS cost, cost_nanos, span_id, payload_ref
FROM events WHERE agent_id <> 'run';
