-- A database as version 1 of the tables left it: calls, no decisions.
CREATE TABLE calls (
    call_id     TEXT PRIMARY KEY NOT NULL,
    started     INTEGER NOT NULL,
    answered    INTEGER,
    ended       INTEGER NOT NULL,
    origin      TEXT NOT NULL,
    caller      TEXT NOT NULL,
    dialed      TEXT NOT NULL,
    flows       TEXT NOT NULL,
    hops        INTEGER NOT NULL,
    disposition TEXT NOT NULL,
    cause       TEXT NOT NULL,
    sip_status  INTEGER,
    hangup_by   TEXT NOT NULL,
    parties     TEXT NOT NULL,
    intervals   TEXT NOT NULL,
    tags        TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_start ON calls (started);
INSERT INTO calls VALUES ('s-00000000000000000000000000000001', 1000, 1100, 1900, 'trunk:carrier', '+442079460111', '100',
                          '["main_line"]', 0, 'answered', 'normal', NULL, 'flow',
                          '[{"role": "caller", "sip_status": null, "transferred_by": "p-1", "hangup_by": "us"}]', '[]', '{}');
PRAGMA application_id = 1937011319;
PRAGMA user_version = 1;
