-- The tables that the frontend knows, row-level security by organization, and the workers' ledger.
-- For PostgreSQL 15 to 18 with core functions only.

create table organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table org_members (
  org_id uuid not null references organizations on delete cascade,
  user_id uuid not null,
  role text not null check (role in ('owner', 'writer', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (org_id, user_id)
);
create index org_members_by_user on org_members (user_id, org_id);

create table projects (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references organizations on delete cascade,
  name text not null,
  source_language text not null default 'en',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index projects_by_org on projects (org_id);

create table videos (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects on delete cascade,
  title text not null,
  filename text not null,
  storage_path text,
  size_bytes bigint check (size_bytes >= 0),
  duration double precision check (duration >= 0),  -- seconds
  content_digest text,                              -- SHA-256 of the file, in hex
  vtt_content text,
  vtt_languages jsonb not null default '{}',        -- language tag to WebVTT
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index videos_by_project on videos (project_id, created_at desc);

create table video_segments (
  id uuid primary key,
  video_id uuid not null references videos on delete cascade,
  "order" integer not null check ("order" >= 0),
  start_time double precision not null check (start_time >= 0),  -- seconds
  end_time double precision not null,                            -- seconds
  spoken_content text not null default '',
  visual_context text not null default '',
  confidence real check (confidence between 0 and 1),
  engine text not null,
  check (end_time >= start_time),
  unique (video_id, "order")
);

create table chapters (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects on delete cascade,
  video_id uuid references videos on delete set null,
  slug text not null,
  title text not null,
  description text not null default '',
  "order" integer not null default 0,
  start_time double precision not null default 0,  -- seconds
  end_time double precision not null default 0,    -- seconds
  segments integer[] not null default '{}',        -- places in the transcript that it rests on
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project_id, slug)
);

create table articles (
  id uuid primary key default gen_random_uuid(),
  chapter_id uuid not null references chapters on delete cascade,
  language text not null,
  slug text not null,
  title text not null,
  content_json jsonb not null,
  content_text text not null,
  status text not null default 'draft' check (status in ('draft', 'in_review', 'published')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (chapter_id, language, slug)
);

create table processing_jobs (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects on delete cascade,
  video_id uuid not null references videos on delete cascade,
  epoch integer not null default 1 check (epoch >= 1),
  status text not null default 'pending'
    check (status in ('pending', 'processing', 'completed', 'failed', 'cancelled')),
  step text not null default 'uploading'
    check (step in ('uploading', 'transcribing', 'generating_docs', 'translating',
                    'complete', 'error')),
  step_message text not null default '',
  progress real not null default 0 check (progress between 0 and 1),
  error_message text,
  languages text[] not null default '{}',
  issues jsonb not null default '[]',
  engine text,
  cancel_requested_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index processing_jobs_by_project on processing_jobs (project_id, created_at desc);
create index processing_jobs_by_video on processing_jobs (video_id);

create table job_steps (
  job_id uuid not null references processing_jobs on delete cascade,
  epoch integer not null,
  unit text not null,
  attempt integer not null default 1,
  state smallint not null,             -- rank: 0 waiting, 1 running, 2 quota, 3 failed, 4 done
  percent real not null default 0 check (percent between 0 and 100),
  detail jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  primary key (job_id, epoch, unit)
);

create table job_events (
  id uuid not null,
  job_id uuid not null references processing_jobs on delete cascade,
  kind text not null,
  epoch integer not null,
  attempt integer not null,
  unit text not null,
  occurred_at timestamptz not null,
  primary key (id, attempt)
);
create index job_events_by_job on job_events (job_id, occurred_at);

-- The ledger of paid work: one row a unit, claimed with a lease by the database's clock.
create table work_units (
  job_id uuid not null references processing_jobs on delete cascade,
  epoch integer not null,
  unit text not null,
  service text not null,
  state text not null check (state in ('running', 'waiting', 'done', 'failed')),
  owner text not null,
  fence bigint not null,
  lease_until timestamptz not null,
  due_at timestamptz not null default now(),  -- not to be claimed before
  unknown_calls integer not null default 0,
  reason text,
  updated_at timestamptz not null default now(),
  primary key (job_id, epoch, unit)
);

-- Results kept by content: the hash of input, step, prompt version, model and language.
create table ai_results (
  key text primary key,
  service text not null,
  output jsonb not null,
  engine text not null,
  usage jsonb not null default '{}',
  created_at timestamptz not null default now()
);

-- What each AI service runs on, told by itself at its start. No languages: any.
create table engines (
  service text primary key,
  engine text not null,
  languages text[],
  updated_at timestamptz not null default now()
);

create table outbox (
  id uuid primary key,
  job_id uuid not null references processing_jobs on delete cascade,
  service text not null,
  cause text not null,                 -- the unit of the job that brought it about
  epoch integer not null,
  kind text not null,
  body bytea not null,
  created_at timestamptz not null default now(),
  published_at timestamptz
);
create index outbox_unpublished on outbox (service, created_at) where published_at is null;
create index outbox_by_job on outbox (job_id);

create function touch_updated_at() returns trigger language plpgsql set search_path = '' as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end $$;

do $$
declare
  touched text;
begin
  foreach touched in array array['organizations', 'projects', 'videos', 'chapters', 'articles',
                                 'processing_jobs', 'work_units'] loop
    execute format('create trigger touch_updated_at before update on %I
                    for each row execute function public.touch_updated_at()', touched);
  end loop;
end $$;

-- Membership is asked with the definer's rights, so that org_members' own policy does not recurse.
create function is_org_member(org uuid) returns boolean
  language sql stable security definer set search_path = '' as $$
  select exists (select from public.org_members m
                 where m.org_id = org and m.user_id = (select auth.uid()))
$$;
create function is_org_writer(org uuid) returns boolean
  language sql stable security definer set search_path = '' as $$
  select exists (select from public.org_members m
                 where m.org_id = org and m.user_id = (select auth.uid())
                   and m.role in ('owner', 'writer'))
$$;
revoke execute on function is_org_member(uuid), is_org_writer(uuid) from public;
grant execute on function is_org_member(uuid), is_org_writer(uuid) to authenticated, service_role;

grant usage on schema public to anon, authenticated, service_role;
grant select, insert, update, delete on all tables in schema public to service_role;
grant select on organizations, org_members, projects, videos, video_segments, chapters, articles,
  processing_jobs, job_steps, job_events, engines to authenticated;
grant insert, update on projects, videos, articles to authenticated;
grant insert on processing_jobs to authenticated;
grant update (cancel_requested_at, epoch) on processing_jobs to authenticated;

do $$
declare
  guarded text;
begin
  foreach guarded in array array['organizations', 'org_members', 'projects', 'videos',
    'video_segments', 'chapters', 'articles', 'processing_jobs', 'job_steps', 'job_events',
    'work_units', 'ai_results', 'engines', 'outbox'] loop
    execute format('alter table %I enable row level security', guarded);
  end loop;
end $$;

create policy everyone_reads on engines for select to authenticated using (true);
create policy members_read on organizations for select to authenticated
  using (is_org_member(id));
create policy members_read on org_members for select to authenticated
  using (is_org_member(org_id));
create policy members_read on projects for select to authenticated
  using (is_org_member(org_id));
create policy writers_add on projects for insert to authenticated
  with check (is_org_writer(org_id));
create policy writers_change on projects for update to authenticated
  using (is_org_writer(org_id)) with check (is_org_writer(org_id));

-- Below a project, reading follows from seeing the project (its own policy is applied within).
create policy members_read on videos for select to authenticated
  using (project_id in (select id from projects));
create policy members_read on chapters for select to authenticated
  using (project_id in (select id from projects));
create policy members_read on processing_jobs for select to authenticated
  using (project_id in (select id from projects));
create policy members_read on video_segments for select to authenticated
  using (video_id in (select id from videos));
create policy members_read on articles for select to authenticated
  using (chapter_id in (select id from chapters));
create policy members_read on job_steps for select to authenticated
  using (job_id in (select id from processing_jobs));
create policy members_read on job_events for select to authenticated
  using (job_id in (select id from processing_jobs));

create policy writers_add on videos for insert to authenticated
  with check (project_id in (select id from projects where is_org_writer(org_id)));
create policy writers_change on videos for update to authenticated
  using (project_id in (select id from projects where is_org_writer(org_id)))
  with check (project_id in (select id from projects where is_org_writer(org_id)));
create policy writers_add on processing_jobs for insert to authenticated
  with check (project_id in (select id from projects where is_org_writer(org_id)));
create policy writers_change on processing_jobs for update to authenticated
  using (project_id in (select id from projects where is_org_writer(org_id)))
  with check (project_id in (select id from projects where is_org_writer(org_id)));
create policy writers_add on articles for insert to authenticated
  with check (chapter_id in (select c.id from chapters c join projects p on p.id = c.project_id
                             where is_org_writer(p.org_id)));
create policy writers_change on articles for update to authenticated
  using (chapter_id in (select c.id from chapters c join projects p on p.id = c.project_id
                        where is_org_writer(p.org_id)))
  with check (chapter_id in (select c.id from chapters c join projects p on p.id = c.project_id
                             where is_org_writer(p.org_id)));
