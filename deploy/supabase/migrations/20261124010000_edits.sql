-- What a machine wrote, so that a person's edits are seen and never written over.

alter table articles
  add column origin jsonb,    -- null: no machine wrote it
  add column proposal jsonb;  -- {title, content}: a later text, beside one that a person has edited
