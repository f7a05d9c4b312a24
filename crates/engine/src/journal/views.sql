-- Views over the events, for whoever asks the file itself. They know the names of events; the journal does not.
-- Money is in nanodollars (integers) and in dollars (for people; a float).

CREATE VIEW runs AS
SELECT json_extract(body, '$.run.began.run') AS run, at_ms AS began_ms,
       json_extract(body, '$.run.began.total') AS total_nanos,
       (SELECT json_extract(body, '$.run.ended.end') FROM events WHERE kind = 'ended') AS ended
FROM events WHERE kind = 'began';

CREATE VIEW sections AS
SELECT json_each.key AS section, json_extract(json_each.value, '$.name') AS name
FROM events, json_each(events.body, '$.run.plan_proposed.outline.sections') WHERE kind = 'plan_proposed';

CREATE VIEW tasks AS
SELECT json_extract(body, '$.task.task_created.task') AS task, json_extract(body, '$.task.task_created.section') AS section,
       json_extract(body, '$.task.task_created.outline.title') AS title
FROM events WHERE kind = 'task_created';

CREATE VIEW attempts AS
SELECT json_extract(body, '$.task.attempt_began.attempt') AS attempt, json_extract(body, '$.task.attempt_began.task') AS task
FROM events WHERE kind = 'attempt_began';

CREATE VIEW agents AS
SELECT spawned.agent, spawned.seniority,
       CASE WHEN spawned.section IS NOT NULL THEN 'manager' WHEN spawned.worker IS NOT NULL THEN 'worker'
            WHEN spawned.reviewer IS NOT NULL THEN 'reviewer' ELSE 'orchestrator' END AS role,
       COALESCE(spawned.section, tasks.section) AS section, tasks.task, tasks.title
FROM (SELECT json_extract(body, '$.agent.agent_spawned.agent') AS agent,
             json_extract(body, '$.agent.agent_spawned.seniority') AS seniority,
             json_extract(body, '$.agent.agent_spawned.seat.manager') AS section,
             json_extract(body, '$.agent.agent_spawned.seat.worker') AS worker,
             json_extract(body, '$.agent.agent_spawned.seat.reviewer') AS reviewer
      FROM events WHERE kind = 'agent_spawned') AS spawned
LEFT JOIN attempts ON attempts.attempt = COALESCE(spawned.worker, spawned.reviewer)
LEFT JOIN tasks ON tasks.task = attempts.task;

-- One row per event of an agent: who, what, and what it cost. `checkpoint` is the event's number and never changes.
CREATE VIEW steps AS
SELECT (SELECT run FROM runs) AS run, step.seq AS checkpoint, step.at_ms,
       CASE WHEN agents.section IS NULL THEN 'orchestrator' ELSE COALESCE(sections.name, 's' || agents.section) END AS manager,
       'g' || agents.agent AS agent, agents.role, agents.title AS task, agents.seniority, step.kind AS step,
       step.cost AS cost_nanos, step.cost / 1e9 AS cost
FROM (SELECT seq, at_ms, kind, json_extract(body, '$.agent.' || kind || '.agent') AS agent,
             COALESCE(json_extract(body, '$.agent.replied.cost'), json_extract(body, '$.agent.call_failed.charged'), 0) AS cost
      FROM events WHERE json_type(body, '$.agent') IS NOT NULL) AS step
JOIN agents ON agents.agent = step.agent
LEFT JOIN sections ON sections.section = agents.section;
