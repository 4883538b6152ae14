-- Members are invited by address, and taken in when somebody with that address first logs in.
-- For PostgreSQL 15 to 18 with core functions only.

create table invitations (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references organizations on delete cascade,
  -- In small letters: addresses are compared without regard to them.
  email text not null check (email = lower(email) and email like '%_@_%'),
  role text not null default 'writer' check (role in ('owner', 'writer', 'viewer')),
  invited_by uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  unique (org_id, email)
);
create index invitations_by_email on invitations (email);

-- What a member is called in lists: the address that they last logged in with.
alter table org_members add column email text;

create function owner_orgs() returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select coalesce(array_agg(m.org_id), '{}') from public.org_members m
          where m.user_id = (select auth.uid()) and m.role = 'owner');
end $$;
revoke execute on function owner_orgs() from public, anon, authenticated;
grant execute on function owner_orgs() to authenticated, service_role;

-- A Supabase project has granted everything on a new table.
revoke all on invitations from public, anon, authenticated;
grant select, insert, update, delete on invitations to service_role, docreel_gateway;
alter table invitations enable row level security;
grant select, insert (org_id, email, role), update (role), delete on invitations to authenticated;

create policy services_act on invitations to docreel_services using (true);
create policy owners_read on invitations for select to authenticated
  using (org_id = any ((select owner_orgs())::uuid[]));
create policy owners_invite on invitations for insert to authenticated
  with check (org_id = any ((select owner_orgs())::uuid[]));
create policy owners_change on invitations for update to authenticated
  using (org_id = any ((select owner_orgs())::uuid[]))
  with check (org_id = any ((select owner_orgs())::uuid[]));
create policy owners_withdraw on invitations for delete to authenticated
  using (org_id = any ((select owner_orgs())::uuid[]));
