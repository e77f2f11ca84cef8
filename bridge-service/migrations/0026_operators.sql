-- Why: there is one way in which two persons say what one may not say alone. A halted chain's way on had its own, without expiry, hash or
-- audit, and two keys of one person were two operators. It becomes an action like any other, which the indexer obeys. And a line of a
-- statement that nobody could explain stays a doubt only until somebody has.

-- What was said of halts before. Nothing of it was bound to a hash, and who the persons were was not asked; what still waited has expired.
insert into operator_actions (id, type, scope, reason, payload, payload_hash, four_eyes, requested_by, requested_person, requested_at,
                              expires_at, decision, decided_by, decided_person, decided_at, obeyed_at, refusal)
select 'oa_00000' || left(md5(r.id::text), 21), 'resumeChain', 'chain:' || r.chain, r.reason, p.payload,
       encode(sha256(convert_to(p.payload::text, 'UTF8')), 'hex'), true, r.requested_by, r.requested_by, r.requested_at,
       greatest(r.requested_at, r.approved_at), case when r.approved_by is not null then 'approve' end, r.approved_by, r.approved_by,
       r.approved_at, r.obeyed_at, r.refusal
  from chain_resumes r,
       lateral (select jsonb_build_object('branch', r.branch, 'haltedReason', r.halted_reason) as payload) p;

insert into operator_audit (action_id, event, actor, reason, at)
select 'oa_00000' || left(md5(r.id::text), 21), said.event, said.actor, said.reason, said.at
  from chain_resumes r,
       lateral (values ('requested', r.requested_by, r.reason, r.requested_at),
                       ('approved', r.approved_by, r.approval_reason, r.approved_at),
                       ('obeyed', 'indexer', null, r.obeyed_at)) as said(event, actor, reason, at)
 where said.at is not null
 order by r.id, said.at;
insert into operator_audit (action_id, event, actor, reason)
select 'oa_00000' || left(md5(r.id::text), 21), 'refused', 'indexer', r.refusal from chain_resumes r where r.refusal is not null;

drop table chain_resumes;

-- The indexer goes by what it reads here, so the table itself says that it takes two.
alter table operator_actions add constraint operator_actions_resume check (type <> 'resumeChain' or four_eyes);
create index operator_actions_resumes on operator_actions (scope, decided_at)
  where type = 'resumeChain' and decision = 'approve' and obeyed_at is null and refusal is null;
grant select, update (obeyed_at, refusal) on operator_actions to causeway_indexer;
grant insert on operator_audit to causeway_indexer;

-- Who has said what a doubtful line is.
alter table bank_statement_lines
  add column explained_by key_text references operator_actions (id),
  add constraint bank_statement_lines_explained check (explained_by is null or verdict in ('mismatched', 'unexplained'));
drop index bank_statement_doubts;
create index bank_statement_doubts on bank_statement_lines (read_at)
  where verdict in ('mismatched', 'unexplained') and explained_by is null;
grant update (explained_by) on bank_statement_lines to causeway_app;

-- What workers that have just been started have in hand. Who puts it down again takes his row away; a row that stays is one of whom nobody
-- ever heard again, and too many in a row are the transfer's doing.
create table transfers_in_hand (
  transfer_id key_text primary key,
  times       int not null,
  since       timestamptz not null default now()  -- of the latest
);
grant select, insert, update, delete on transfers_in_hand to causeway_app;
