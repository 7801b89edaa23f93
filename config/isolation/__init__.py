"""The golden rule: each integration writes only to its own schema and its own external API."""
