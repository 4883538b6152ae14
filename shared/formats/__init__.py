"""Pure readers and writers of the formats that Docreel's results have."""
