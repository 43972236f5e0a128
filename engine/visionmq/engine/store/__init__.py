"""What is kept: galleries of templates, access records and the audit log, in SQLite or PostgreSQL."""
