-- Why: Stellar wallets authenticate by signing a challenge (SEP-10), which must open one session only, and ask for quotes in their own name
-- (SEP-38), which nobody else of the same tenant's wallets may see.

-- Challenges are not kept when they are given, since anybody may ask for one; only that one was answered is, for as long as it could be again.
create table web_auth_answered (
  challenge  bytea primary key,              -- the hash of the challenge transaction: signatures do not change it
  expires_at timestamptz not null            -- the transaction's own maxTime
);
create index web_auth_answered_expiry on web_auth_answered (expires_at);

alter table quotes add column subject text;  -- the wallet's user, as the token's `sub` names him; null: asked for with an API key

grant select, insert, delete on web_auth_answered to causeway_app;
