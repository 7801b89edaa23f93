"""Messages to customers and staff: what workflows want to be said becomes a message, or a reason why not.

consent    the append-only ledger: who may be written to, on which channel, for which purpose, and by whose word
hours      quiet hours where the recipient lives
wording    templates in Liquid, what they may name, what a text costs
channels   e-mail, Twilio, console behind one small interface
delivery   the claim with its last look, the call, and what became of it
webhooks   what the provider and the recipients answer
"""
