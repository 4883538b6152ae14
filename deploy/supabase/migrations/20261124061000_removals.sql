-- What a deleted video leaves in the storage: noted in the transaction that deletes its row, and
-- taken away by a gateway afterwards. For PostgreSQL 15 to 18 with core functions only.

create table removals (
  folder text primary key,               -- everything below it
  due_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index removals_due on removals (due_at);
alter table removals enable row level security;
revoke all on removals from public, anon, authenticated;
grant select, insert, update, delete on removals to service_role, docreel_gateway;
create policy services_act on removals to docreel_services using (true);

-- A video's chapters, with their articles, go with it; else they would stay without one.
grant delete on chapters to docreel_gateway;
