-- What the gateway needs besides: who may do what, precisely; webhooks, glossaries, keys of repeated
-- requests, operators. For PostgreSQL 15 to 18 with core functions only.

-- A caller's organizations and projects, as arrays: a policy asks for them once a statement, and
-- the planner can use them with an index. In PL/pgSQL, which keeps their plans for the session.
create function member_orgs() returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select coalesce(array_agg(m.org_id), '{}') from public.org_members m
          where m.user_id = (select auth.uid()));
end $$;
create function writer_orgs() returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select coalesce(array_agg(m.org_id), '{}') from public.org_members m
          where m.user_id = (select auth.uid()) and m.role in ('owner', 'writer'));
end $$;
create function member_projects() returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select coalesce(array_agg(p.id), '{}') from public.projects p
          join public.org_members m on m.org_id = p.org_id and m.user_id = (select auth.uid()));
end $$;
create function writer_projects() returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select coalesce(array_agg(p.id), '{}') from public.projects p
          join public.org_members m on m.org_id = p.org_id and m.user_id = (select auth.uid())
            and m.role in ('owner', 'writer'));
end $$;

-- When a video's file was found to be one that can be decoded, and what its picture is called.
alter table videos add column probed_at timestamptz, add column poster text;

-- A job cannot be on another project's video, whoever writes its row.
alter table videos add constraint videos_of_project unique (id, project_id);
alter table processing_jobs add constraint processing_jobs_video_of_project
  foreign key (video_id, project_id) references videos (id, project_id) on delete cascade;

create index videos_by_age on videos (created_at desc, id desc);
create index videos_by_project_and_age on videos (project_id, created_at desc, id desc);
drop index videos_by_project;
create index processing_jobs_by_age on processing_jobs (created_at desc, id desc);
create index processing_jobs_by_project_and_age
  on processing_jobs (project_id, created_at desc, id desc);
drop index processing_jobs_by_project;
create index processing_jobs_by_video_and_age
  on processing_jobs (video_id, created_at desc, id desc);
drop index processing_jobs_by_video;
create index processing_jobs_active on processing_jobs (project_id, created_at desc)
  where status in ('pending', 'processing');
create index chapters_by_video on chapters (video_id, "order");
create index work_units_open on work_units (service, state) where state in ('running', 'waiting');

-- How a project wants its terms translated; without a translation the term stays as it is.
create table glossary_terms (
  project_id uuid not null references projects on delete cascade,
  language text not null,                -- BCP 47, of the translation
  term text not null check (term <> ''),
  translation text,
  created_at timestamptz not null default now(),
  primary key (project_id, language, term)
);

create table webhooks (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects on delete cascade,
  url text not null,
  events text[] not null check (events <@ array['job.completed', 'job.failed', 'job.cancelled']),
  secret text not null,                  -- whsec_ and base64, as Standard Webhooks has it
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhooks_by_project on webhooks (project_id, created_at);
create trigger touch_updated_at before update on webhooks
  for each row execute function public.touch_updated_at();

create table webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  webhook_id uuid not null references webhooks on delete cascade,
  job_id uuid not null references processing_jobs on delete cascade,
  kind text not null,
  body text not null,                    -- what is signed and sent, byte for byte
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  answer text not null default '',       -- what came of the last attempt
  created_at timestamptz not null default now(),
  delivered_at timestamptz
);
create index webhook_deliveries_due on webhook_deliveries (next_at) where state = 'waiting';
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at desc);
create index webhook_deliveries_by_job on webhook_deliveries (job_id);

-- In the transaction that ends the job: no ending goes untold.
create function note_job_ending() returns trigger language plpgsql set search_path = '' as $$
begin
  insert into public.webhook_deliveries (webhook_id, job_id, kind, body)
  select w.id, new.id, 'job.' || new.status, jsonb_build_object(
      'type', 'job.' || new.status,
      'timestamp', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'data', jsonb_build_object(
        'job_id', new.id, 'project_id', new.project_id, 'video_id', new.video_id,
        'epoch', new.epoch, 'status', new.status, 'languages', to_jsonb(new.languages),
        'issues', new.issues, 'error_message', new.error_message))::text
  from public.webhooks w
  where w.project_id = new.project_id and 'job.' || new.status = any (w.events);
  return null;
end $$;
create trigger note_job_ending after update of status on processing_jobs for each row
  when (old.status is distinct from new.status and new.status in ('completed', 'failed', 'cancelled'))
  execute function note_job_ending();

-- Answers to requests that carried an Idempotency-Key, for as long as they may be repeated.
create table idempotency_keys (
  user_id uuid not null,
  key text not null,
  request text not null,                 -- the hash of operation and body
  status integer,
  headers jsonb not null default '{}',
  body text,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- What all gateways of an installation sign their media links with.
create table gateway_keys (
  name text primary key,
  secret text not null,
  created_at timestamptz not null default now()
);

-- Who runs the installation: sees queues and dead letters of all organizations, and no content.
create table operators (
  user_id uuid primary key,
  created_at timestamptz not null default now()
);
create function is_operator() returns boolean
  language sql stable security definer set search_path = '' as $$
  select exists (select from public.operators o where o.user_id = (select auth.uid()))
$$;

-- A Supabase project grants everything on new tables and functions to its API's roles, and leaves
-- the rest to row-level security. Here each gets what it needs, down to the column.
do $$
declare
  ours text;
begin
  foreach ours in array array['organizations', 'org_members', 'projects', 'videos',
    'video_segments', 'chapters', 'articles', 'processing_jobs', 'job_steps', 'job_events',
    'work_units', 'ai_results', 'engines', 'outbox', 'glossary_terms', 'webhooks',
    'webhook_deliveries', 'idempotency_keys', 'gateway_keys', 'operators'] loop
    execute format('revoke all on public.%I from public, anon, authenticated', ours);
    execute format('grant select, insert, update, delete on public.%I to service_role', ours);
    execute format('alter table public.%I enable row level security', ours);
  end loop;
end $$;
revoke execute on function is_org_member(uuid), is_org_writer(uuid), is_operator(), member_orgs(),
  writer_orgs(), member_projects(), writer_projects(), note_job_ending(), touch_updated_at()
  from public, anon, authenticated;
grant execute on function is_org_member(uuid), is_org_writer(uuid), is_operator(), member_orgs(),
  writer_orgs(), member_projects(), writer_projects() to authenticated, service_role;

grant select on organizations, org_members, projects, videos, video_segments, chapters, articles,
  processing_jobs, job_steps, job_events, engines, glossary_terms, webhook_deliveries, operators
  to authenticated;
grant insert (org_id, name, source_language), update (name, source_language) on projects
  to authenticated;
-- Where a video's file lies is the gateway's to say: workers read whatever stands there.
grant insert (project_id, title, filename, size_bytes), update (title, vtt_content, vtt_languages)
  on videos to authenticated;
grant update (title, content_json, content_text, status) on articles to authenticated;
grant insert, update, delete on glossary_terms to authenticated;
-- A secret is told once, by the gateway, to whom it is made for.
grant select (id, project_id, url, events, created_at, updated_at),
  insert (project_id, url, events, secret), update (url, events), delete on webhooks
  to authenticated;

-- Jobs are the gateway's and the progress service's to write: a row without its event never runs.
drop policy writers_add on processing_jobs;
drop policy writers_change on processing_jobs;
drop policy writers_add on articles;

alter policy members_read on organizations using (id = any ((select member_orgs())::uuid[]));
alter policy members_read on org_members using (org_id = any ((select member_orgs())::uuid[]));
alter policy members_read on projects using (org_id = any ((select member_orgs())::uuid[]));
alter policy writers_add on projects with check (org_id = any ((select writer_orgs())::uuid[]));
alter policy writers_change on projects using (org_id = any ((select writer_orgs())::uuid[]))
  with check (org_id = any ((select writer_orgs())::uuid[]));
alter policy members_read on videos using (project_id = any ((select member_projects())::uuid[]));
alter policy writers_add on videos
  with check (project_id = any ((select writer_projects())::uuid[]));
alter policy writers_change on videos using (project_id = any ((select writer_projects())::uuid[]))
  with check (project_id = any ((select writer_projects())::uuid[]));
alter policy members_read on chapters using (project_id = any ((select member_projects())::uuid[]));
alter policy members_read on processing_jobs
  using (project_id = any ((select member_projects())::uuid[]));
-- Further below, a row is seen where the row above it is (whose own policy is applied within).
alter policy members_read on video_segments
  using (exists (select from videos v where v.id = video_id));
alter policy members_read on articles
  using (exists (select from chapters c where c.id = chapter_id));
alter policy members_read on job_steps
  using (exists (select from processing_jobs j where j.id = job_id));
alter policy members_read on job_events
  using (exists (select from processing_jobs j where j.id = job_id));
alter policy writers_change on articles
  using (exists (select from chapters c where c.id = chapter_id
                 and c.project_id = any ((select writer_projects())::uuid[])))
  with check (exists (select from chapters c where c.id = chapter_id
                      and c.project_id = any ((select writer_projects())::uuid[])));

create policy members_read on glossary_terms for select to authenticated
  using (project_id = any ((select member_projects())::uuid[]));
create policy writers_add on glossary_terms for insert to authenticated
  with check (project_id = any ((select writer_projects())::uuid[]));
create policy writers_change on glossary_terms for update to authenticated
  using (project_id = any ((select writer_projects())::uuid[]))
  with check (project_id = any ((select writer_projects())::uuid[]));
create policy writers_remove on glossary_terms for delete to authenticated
  using (project_id = any ((select writer_projects())::uuid[]));
create policy members_read on webhooks for select to authenticated
  using (project_id = any ((select member_projects())::uuid[]));
create policy writers_add on webhooks for insert to authenticated
  with check (project_id = any ((select writer_projects())::uuid[]));
create policy writers_change on webhooks for update to authenticated
  using (project_id = any ((select writer_projects())::uuid[]))
  with check (project_id = any ((select writer_projects())::uuid[]));
create policy writers_remove on webhooks for delete to authenticated
  using (project_id = any ((select writer_projects())::uuid[]));
create policy members_read on webhook_deliveries for select to authenticated
  using (exists (select from webhooks w where w.id = webhook_id));
create policy oneself on operators for select to authenticated
  using (user_id = (select auth.uid()));

-- Supabase Storage, where there is one: a private bucket, and reading as the video's row allows.
-- Uploads need no policy: the gateway signs a ticket for each, after it has asked who may.
do $$
begin
  if to_regclass('storage.buckets') is null then
    return;
  end if;
  insert into storage.buckets (id, name, public) values ('docreel', 'docreel', false)
    on conflict (id) do nothing;
  create policy docreel_members_read on storage.objects for select to authenticated
    using (bucket_id = 'docreel' and exists (
      select from public.videos v where v.id::text = (storage.foldername(name))[2]));
end $$;
