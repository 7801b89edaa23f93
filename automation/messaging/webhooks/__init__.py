"""What the provider and the recipients answer: verified in the web process, and put into the unit's inbox.

POST /webhooks/twilio/status/<key>/    how a message fares
POST /webhooks/twilio/inbound/         what somebody wrote
     /webhooks/unsubscribe/<token>/    GET asks, POST ends marketing by e-mail (RFC 8058)
"""
