-- Why: what a person does to money must be as traceable as what the machine does, and where money moves no one person does it alone. The
-- request is never rewritten, its approval is bound to its hash, and the database itself refuses that somebody approves his own.

-- One person may have several keys: two of them are still one person. Without a name the key is the person.
alter table api_keys add column person text check (length(trim(person)) > 0);

create table operator_actions (
  id               key_text primary key,
  type             text not null,
  transfer_id      key_text,
  scope            text,                     -- 'route:onramp', 'chain:evm:31337', 'rail:bank:sim'
  reason           text not null check (length(trim(reason)) > 0),
  payload          jsonb not null,
  payload_hash     key_text not null check (payload_hash ~ '^[0-9a-f]{64}$'), -- SHA-256 of type, transfer, scope, reason and payload
  four_eyes        boolean not null,
  requested_by     key_text not null,        -- 'api:<key id>'
  requested_person text not null,
  requested_at     timestamptz not null default now(),
  expires_at       timestamptz not null,
  decision         text check (decision in ('approve', 'reject')),
  decided_by       key_text,
  decided_person   text,
  decided_at       timestamptz,
  obeyed_at        timestamptz,
  refusal          text,                     -- what the world outside said, when it could not be done
  claimed_until    timestamptz,              -- a worker has taken what needs a call outside
  check ((decision is null) = (decided_by is null) and (decision is null) = (decided_at is null) and (decision is null) = (decided_person is null)),
  check (decision is distinct from 'approve' or (decided_by <> requested_by and decided_person <> requested_person)),
  check (decided_at is null or decided_at <= expires_at),
  check (not four_eyes or (obeyed_at is null and refusal is null) or decision is not distinct from 'approve'),
  check (obeyed_at is null or refusal is null)
);
create index operator_actions_by_transfer on operator_actions (transfer_id) where transfer_id is not null;
create index operator_actions_to_obey on operator_actions (id) where obeyed_at is null and refusal is null;

-- Every action is an event: asked, approved, rejected, obeyed, refused; by whom and why.
create table operator_audit (
  position  bigint generated always as identity primary key,
  action_id key_text not null references operator_actions (id),
  event     text not null check (event in ('requested', 'approved', 'rejected', 'obeyed', 'refused')),
  actor     text not null,
  reason    text,
  at        timestamptz not null default now(),
  unique (action_id, event)
);
create trigger append_only before update or delete or truncate on operator_audit for each statement execute function refuse_rewriting();

-- What stands still until somebody says otherwise. It is read all the time and written seldom.
create table pauses (
  scope     key_text primary key,
  reason    text not null,
  action_id key_text not null references operator_actions (id),
  since     timestamptz not null default now()
);

-- How often in a row a worker took the intent and was never heard of again.
alter table intents add column abandoned int not null default 0;

grant select, insert, update (decision, decided_by, decided_person, decided_at, obeyed_at, refusal, claimed_until) on operator_actions to causeway_app;
grant select, insert on operator_audit to causeway_app;
grant select, insert, delete on pauses to causeway_app;
grant usage on all sequences in schema public to causeway_app;

-- A refund is a new payment beside the transfer that it gives back of, with a small machine of its own (docs/adr/0012). What may be given
-- back in sum is decided with the transfer's row locked.
create table refunds (
  id               key_text primary key,
  refund_of        key_text not null references transfers (id),
  tenant           text not null,
  kind             text not null check (kind in ('owed', 'goodwill')),
  reason           text not null check (length(trim(reason)) > 0),
  requested_by     text not null,
  currency         text not null,
  minor            numeric(38, 0) not null check (minor > 0),
  rail             text not null,
  request          jsonb not null,           -- the bank's order, complete: key, reference, amount, account
  state            text not null default 'requested' check (state in ('requested', 'crediting', 'completed', 'failed')),
  bank_transfer_id text,
  failure          text,
  attempts         int not null default 0,
  lease_epoch      int not null default 0,   -- rises with every claim: a worker that woke up late writes nothing
  next_at          timestamptz not null default now(),
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  check ((state = 'failed') = (failure is not null)),
  check (state <> 'completed' or bank_transfer_id is not null)
);
create index refunds_of on refunds (refund_of);
create index refunds_waiting on refunds (next_at) where state in ('requested', 'crediting');

grant select, insert, update (state, bank_transfer_id, failure, attempts, lease_epoch, next_at, updated_at) on refunds to causeway_app;
