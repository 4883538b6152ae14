-- What a machine wrote, so that a person's edits are seen and never written over.

alter table articles
  add column origin jsonb,    -- null: no machine wrote it
  add column proposal jsonb;  -- {title, content, origin}: a later text, beside one that was edited

-- A file of subtitles has no room for who wrote a cue: what the machine wrote stands beside it.
alter table videos
  add column vtt_machine text,                       -- of vtt_content
  add column vtt_proposal text,                      -- a later text, beside one that was edited
  add column vtt_origins jsonb not null default '{}';  -- language tag to where a track came from
