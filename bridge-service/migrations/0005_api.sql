-- Why: what an integrator was told (a quote, an answer) must be the same when he asks again.

create table api_keys (
  id         key_text primary key,
  tenant     text not null,
  hash       bytea not null unique,          -- SHA-256 of the key, which has 256 random bits: no salt or stretching is needed
  scopes     text[] not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table quotes (
  id          key_text primary key,
  tenant      text not null,
  terms       jsonb not null,
  expires_at  timestamptz not null,
  transfer_id key_text unique,               -- set once, by the transfer that used it
  created_at  timestamptz not null default now()
);

create table idempotency_keys (
  tenant       text not null,
  key          text not null,
  route        text not null,
  request_hash bytea not null,
  status       int not null,
  response     jsonb not null,
  location     text,
  created_at   timestamptz not null default now(),
  primary key (tenant, key)
);

grant select, insert on api_keys, idempotency_keys to causeway_app;
grant select, insert, update on quotes to causeway_app;
