"""An emulator of Twilio's messages, for tests, demonstrations and trials. What it knows for sure: docs/twilio.md."""
