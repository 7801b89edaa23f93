"""Events from GoHighLevel, at /webhooks/ghl/. Runs in the web process, as the back office, which may put them into the
unit's inbox and nothing else; it holds no credentials of the unit, and public keys are none.

    signatures  whether it comes from the vendor
    hints       what it says: which record to look at
    inbox       putting it where the unit's worker finds it
    bell        telling the worker
"""
