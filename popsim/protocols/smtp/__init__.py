"""SMTP: mail comes in by the front door."""
