-- Why: the second operator who lets a halted chain go on has looked for himself, and says what he saw.

alter table chain_resumes
  add column approval_reason text check (length(trim(approval_reason)) > 0),
  add check ((approval_reason is null) or (approved_by is not null));
grant update (approval_reason) on chain_resumes to causeway_app;
