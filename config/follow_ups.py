"""Settings of workflows and messages: `config.settings` takes them over. `.env.example` explains each."""

from urllib.parse import urlsplit

from config.environment import ENV, PRODUCTION, SANDBOX_PORT
from config.sandbox import ports

WORKFLOWS_ENABLED = ENV.flag("WORKFLOWS_ENABLED", True)
MESSAGING_ENABLED = ENV.flag("MESSAGING_ENABLED", True)
MESSAGING_SMS_OPT_IN = ENV.choice("MESSAGING_SMS_OPT_IN", "explicit", ("explicit", "preference", "number"))
MESSAGING_HOURS = ENV.text("MESSAGING_HOURS")
MESSAGING_HOLIDAYS = ENV.text("MESSAGING_HOLIDAYS", "us")
MESSAGING_REDIRECT_ALL_TO = ENV.text("MESSAGING_REDIRECT_ALL_TO")
MESSAGING_CAP_DAY = ENV.whole("MESSAGING_CAP_DAY", 2, least=1)
MESSAGING_CAP_WEEK = ENV.whole("MESSAGING_CAP_WEEK", 5, least=1)
MESSAGING_GAP_MINUTES = ENV.whole("MESSAGING_GAP_MINUTES", 120, least=0)
MESSAGING_FREE_PRIORITY = ENV.whole("MESSAGING_FREE_PRIORITY", 90, least=1)
MESSAGING_SETTLE_S = ENV.whole("MESSAGING_SETTLE_S", 120, least=1)
MESSAGING_THREADS = ENV.whole("MESSAGING_THREADS", 4, least=1)

# --- messages leave by Twilio and a mail server; the sandbox under the same conditions as GoHighLevel's ---------------------
_twilio_given = ("API_URL", "ACCOUNT_SID", "API_KEY", "API_SECRET")
TWILIO_USES_SANDBOX = not PRODUCTION and not any(ENV.text(f"TWILIO_{name}") for name in _twilio_given)
_twilio = ("AC5a4d0b0x00000000000000000000000", "sandbox-secret", "+14805550100") if TWILIO_USES_SANDBOX else ("", "", "")
TWILIO_API_URL = ENV.base_url(
    "TWILIO_API_URL", ports.address_of("automation", SANDBOX_PORT) if TWILIO_USES_SANDBOX else "https://api.twilio.com"
)
TWILIO_ACCOUNT_SID = ENV.text("TWILIO_ACCOUNT_SID") or _twilio[0]
TWILIO_API_KEY = ENV.text("TWILIO_API_KEY")
TWILIO_API_SECRET = ENV.text("TWILIO_API_SECRET") or _twilio[1]
TWILIO_FROM = ENV.text("TWILIO_FROM") or _twilio[2]
TWILIO_MESSAGING_SERVICE_SID = ENV.text("TWILIO_MESSAGING_SERVICE_SID")
TWILIO_TIMEOUT_S = ENV.whole("TWILIO_TIMEOUT_S", 20, least=1)
SMTP_URL = ENV.server_url("SMTP_URL", ("smtp+starttls", "smtps", "smtp"))
SMTP_FROM = ENV.text("SMTP_FROM", "hub@localhost")
MESSAGING_SMS = ENV.choice("MESSAGING_SMS", "twilio", ("twilio", "console"))
MESSAGING_EMAIL = ENV.choice("MESSAGING_EMAIL", "smtp" if SMTP_URL or PRODUCTION else "file", ("smtp", "file", "console"))
HUB_SMS_SEGMENTS = ENV.whole("HUB_SMS_SEGMENTS", 4, least=1, most=10)
HUB_SMS_SEGMENT_COST = ENV.text("HUB_SMS_SEGMENT_COST", "0.0083")
HUB_COMPANY_PHONE = ENV.text("HUB_COMPANY_PHONE", "" if PRODUCTION else "(480) 555-0100")
HUB_COMPANY_ADDRESS = ENV.text("HUB_COMPANY_ADDRESS", "" if PRODUCTION else "1 Trial Road, Phoenix, AZ 85001")
HUB_COMPANY_REVIEW_LINK = ENV.text("HUB_COMPANY_REVIEW_LINK", "" if PRODUCTION else "https://example.com/review")
HUB_COMPANY_BOOKING_LINK = ENV.text("HUB_COMPANY_BOOKING_LINK")
MESSAGING_STAFF_EMAIL = ENV.text("MESSAGING_STAFF_EMAIL", "" if PRODUCTION else "office@localhost.invalid")
# By these names they reach the web process as well, which is started without the settings of messages.
HUB_COMPANY_NAME = ENV.text("HUB_COMPANY_NAME", "" if PRODUCTION else "Trial Company")
HUB_PUBLIC_URL = ENV.base_url("HUB_PUBLIC_URL", "" if PRODUCTION else "http://127.0.0.1:8000")
# The sandbox's is no secret: it counts only where nobody but this machine can call.
_own = urlsplit(HUB_PUBLIC_URL).hostname in ("127.0.0.1", "localhost", "::1")
BACKOFFICE_TWILIO_AUTH_TOKEN = ENV.text("BACKOFFICE_TWILIO_AUTH_TOKEN") or (_twilio[1] if _own else "")
