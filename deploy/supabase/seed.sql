-- An organization and a project to begin with; who belongs to it, docs/supabase.md says. Run by
-- `supabase db reset` and `supabase db push --include-seed`; twice without harm.
insert into organizations (id, name)
  values ('5eed0000-0000-4000-8000-000000000001', 'Example')
  on conflict (id) do nothing;
insert into projects (id, org_id, name, source_language)
  values ('5eed0000-0000-4000-8000-000000000002', '5eed0000-0000-4000-8000-000000000001',
          'First videos', 'en')
  on conflict (id) do nothing;
