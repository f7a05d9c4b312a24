-- What was told of all runs, to be asked. Only `trireme sql` knows these tables; whoever asks has the views.

CREATE TABLE made(form TEXT NOT NULL);

-- `events` is the cursor: so many are told; `last` is the SHA-256 of the last of them as the journal has it.
CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, events INTEGER NOT NULL, last TEXT NOT NULL,
                 state TEXT, outcome TEXT, began TEXT, last_event TEXT, project TEXT,
                 total_nanos INTEGER, spent_nanos INTEGER, reserved_nanos INTEGER);

CREATE TABLE line(run INTEGER NOT NULL, seq INTEGER NOT NULL, timestamp TEXT NOT NULL, trace_id TEXT NOT NULL,
                  manager_id TEXT NOT NULL, agent_id TEXT NOT NULL, event_type TEXT NOT NULL, detail TEXT NOT NULL,
                  cost_nanos INTEGER NOT NULL, provider TEXT, model TEXT, payload_ref TEXT, phase TEXT, section TEXT,
                  task TEXT, attempt TEXT, span_id TEXT NOT NULL, parent_span_id TEXT, role TEXT, seniority TEXT,
                  served_model TEXT, price_version TEXT, tokens_input INTEGER, tokens_cache_read INTEGER,
                  tokens_cache_write INTEGER, tokens_cache_write_1h INTEGER, tokens_output INTEGER, latency_ms INTEGER,
                  failure TEXT, PRIMARY KEY(run, seq)) WITHOUT ROWID;

-- All that costs are summed by and from, in the order of the view, so that nothing else is read for them.
CREATE INDEX line_paid ON line(run, section, phase, task, agent_id, role, seniority, provider, model, served_model,
                               tokens_input, tokens_cache_read, tokens_cache_write, tokens_cache_write_1h,
                               tokens_output, latency_ms, cost_nanos) WHERE event_type = 'llm_call';

CREATE TABLE verdict(run INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, about TEXT NOT NULL,
                     criterion TEXT NOT NULL, verdict TEXT NOT NULL, before TEXT, evidence TEXT NOT NULL,
                     payload_ref TEXT, PRIMARY KEY(run, seq, place)) WITHOUT ROWID;

CREATE TABLE memo(run INTEGER NOT NULL, seq INTEGER NOT NULL, memo TEXT NOT NULL, sender TEXT NOT NULL,
                  recipient TEXT NOT NULL, priority TEXT NOT NULL, topic TEXT NOT NULL,
                  PRIMARY KEY(run, memo)) WITHOUT ROWID;

CREATE TABLE memo_end(run INTEGER NOT NULL, seq INTEGER NOT NULL, memo TEXT NOT NULL, answered_by TEXT,
                      PRIMARY KEY(run, memo)) WITHOUT ROWID;

CREATE TABLE move(run INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT,
                  target TEXT, nanos INTEGER NOT NULL, request TEXT, PRIMARY KEY(run, seq, place)) WITHOUT ROWID;
