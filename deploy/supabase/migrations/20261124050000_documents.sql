-- What people decide about documents: how readers are addressed is the project's writers' to say.
alter table projects add constraint formality_by_language
  check (jsonb_typeof(formality) = 'object');
grant update (formality) on projects to authenticated;
