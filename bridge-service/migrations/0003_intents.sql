-- Why: an external effect is a row before it is a call. The key is fixed before the first call and never made again.

create table intents (
  key         key_text primary key,          -- SHA-256 over transfer id, step, attempt group, UTC day of the transfer's creation;
                                             -- our reference outside is 'CW' and its first 32 digits, so the key's index finds it
  transfer_id key_text not null,
  step        text not null,                 -- 'screen', 'debitFiat', 'lockEscrow', …
  attempt     int not null,                  -- attempt group: a new wish for the same step after the old one was refused
  target      text not null,                 -- which adapter: 'screening', 'bank:sim', 'evm:31337'
  request     jsonb not null,
  status      text not null check (status in ('PENDING', 'IN_FLIGHT', 'SUCCEEDED', 'FAILED', 'UNKNOWN')),
  outcome     jsonb,
  attempts    int not null default 0,
  lease_epoch int not null default 0,        -- rises with every claim: a worker that woke up late holds an old one
  lease_owner text,
  next_at     timestamptz not null default now(), -- when a worker may claim it (again)
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  unique (transfer_id, step, attempt)
);
create index intents_waiting on intents (next_at) where status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN');

grant select, insert, update on intents to causeway_app;
