"""Pure rules of transcription: no files, no processes, no vendors."""
